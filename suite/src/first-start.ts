import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

export interface Administrator {
  readonly email: string;
  readonly password: string;
  /** Whether the password was made here, so that it has to be shown once. */
  readonly generated: boolean;
}

/**
 * What the first start has to do. It stays pending, with the same password, until `done` is called: a first start
 * that is interrupted is taken up by the next one, and a generated password cannot be lost before it was shown.
 */
export interface FirstStart {
  readonly administrator: Administrator;
  done(): Promise<void>;
}

const DEFAULT_EMAIL = 'admin@localhost';
const PENDING_FILE = 'first-start.json';
const DONE_FILE = 'installed';

/** Rejects for a folder that no start has finished with: a command must not begin an installation in a mistyped one. */
export async function requireInstallation(dataDir: string): Promise<void> {
  if ((await readOrUndefined(join(dataDir, DONE_FILE))) !== undefined) return;
  throw new Error(`There is no installation in ${dataDir}. GAIA_DATA_DIR says where it is; npm start makes one.`);
}

/** The pending first start of a data folder, or undefined when it has been done. */
export async function pendingFirstStart(
  dataDir: string,
  wanted: { readonly email: string | undefined; readonly password: string | undefined },
): Promise<FirstStart | undefined> {
  const doneFile = join(dataDir, DONE_FILE);
  if ((await readOrUndefined(doneFile)) !== undefined) return undefined;
  const pendingFile = join(dataDir, PENDING_FILE);
  const email = wanted.email ?? DEFAULT_EMAIL;
  const administrator =
    wanted.password !== undefined
      ? { email, password: wanted.password, generated: false }
      : { email, password: await keptPassword(pendingFile), generated: true };
  return {
    administrator,
    async done() {
      await writeFile(doneFile, `${new Date().toISOString()}\n`, { mode: 0o600, flush: true });
      await rm(pendingFile, { force: true });
    },
  };
}

async function keptPassword(pendingFile: string): Promise<string> {
  const kept = await readOrUndefined(pendingFile);
  if (kept !== undefined) {
    const { password } = JSON.parse(kept) as { password?: unknown };
    if (typeof password === 'string' && password.length >= 8) return password;
  }
  const password = randomBytes(15).toString('base64url');
  await writeFile(pendingFile, JSON.stringify({ password }), { mode: 0o600, flush: true });
  return password;
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
