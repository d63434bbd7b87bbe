import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** A key set as it is kept on disk, so that a service restarted during an outage of its issuer still verifies. */
export interface StoredKeySet {
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** The document as the issuer sent it; it needs the same checks as one from the network. */
  readonly text: string;
}

/** What is stored for this URL, or undefined: a file that is absent, damaged or of another issuer is no key set. */
export async function loadKeyFile(path: string, url: string, maxBytes: number): Promise<StoredKeySet | undefined> {
  try {
    const raw = await readFile(path, 'utf8');
    if (raw.length > maxBytes * 2) return undefined;
    const stored: unknown = JSON.parse(raw);
    return isStoredKeySet(stored) && stored.url === url && stored.text.length <= maxBytes ? stored : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the file in one step: a crash leaves the old copy or the new one, never a torn one. */
export async function saveKeyFile(path: string, stored: StoredKeySet): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    // Only the owner may write: this file decides which issuers the service trusts after a restart.
    await writeFile(draft, JSON.stringify(stored), { mode: 0o600, flush: true });
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function isStoredKeySet(value: unknown): value is StoredKeySet {
  const { url, fetchedAt, text } = (value ?? {}) as Partial<Record<keyof StoredKeySet, unknown>>;
  return typeof url === 'string' && typeof text === 'string' && Number.isFinite(fetchedAt);
}
