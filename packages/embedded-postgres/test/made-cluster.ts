import { cpSync, lchownSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts';

export interface Clusters {
  /** A path below which nothing is yet. */
  path(name: string): string;
  /** A data directory with a cluster that has been stopped: quicker than to make one for every test. */
  made(name: string): string;
}

/** Directories for the tests of a file, removed at its end. */
export function clusters(): Clusters {
  const place = mkdtempSync(join(tmpdir(), 'gaia-embedded-'));
  const first = join(place, 'first');
  beforeAll(async () => (await startEmbeddedPostgres({ dataDir: first, durable: false })).stop());
  afterAll(() => rmSync(place, { recursive: true, force: true }));
  return {
    path: (name) => join(place, name),
    made: (name) => {
      const dataDir = join(place, name);
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      cpSync(join(first, 'data'), join(dataDir, 'data'), { recursive: true });
      const { uid, gid } = lstatSync(join(first, 'data'));
      for (const file of ['', ...readdirSync(join(dataDir, 'data'), { recursive: true, encoding: 'utf8' })]) {
        lchownSync(join(dataDir, 'data', file), uid, gid);
      }
      return dataDir;
    },
  };
}
