import { randomBytes } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The secrets of an installation that no operator has to think of. Each goes only to the services that need it. */
export interface Secrets {
  readonly authKek: string;
  readonly cmsKek: string;
  readonly authRefreshSecret: string;
  readonly gatewaySessionSecret: string;
  readonly assetsLinkKey: string;
  readonly searchClientSecret: string;
  readonly assetsClientSecret: string;
}

const names: readonly (keyof Secrets)[] = [
  'authKek',
  'cmsKek',
  'authRefreshSecret',
  'gatewaySessionSecret',
  'assetsLinkKey',
  'searchClientSecret',
  'assetsClientSecret',
];

const FILE = 'secrets.json';

/**
 * The secrets kept in a data folder; the missing ones are made (32 random bytes each) and stored, readable by the
 * owner alone. Throws when the file is there but broken: new keys in its place would lock the data away for good.
 */
export async function keepSecrets(dataDir: string): Promise<Secrets> {
  const path = join(dataDir, FILE);
  const stored = await readStored(path);
  const missing = names.filter((name) => stored[name] === undefined);
  if (missing.length === 0) return stored as Secrets;
  const made = Object.fromEntries(missing.map((name) => [name, randomBytes(32).toString('base64url')]));
  const secrets = { ...stored, ...made } as unknown as Secrets;
  const temporary = `${path}.${process.pid}`;
  await writeFile(temporary, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600, flush: true });
  await rename(temporary, path);
  return secrets;
}

async function readStored(path: string): Promise<Partial<Record<keyof Secrets, string>>> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Falls through: the parser's message would quote the file.
  }
  throw new Error(`${path} is broken. It holds the keys of this installation: restore it from a backup.`);
}
