import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect as connectTo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import { prepareBinaries } from '../src/binaries.ts';
import { findBinaryPackage } from '../src/binary-package.ts';
import { startEmbeddedPostgres } from '../src/embedded-postgres.ts';
import { namedUser, serverUser } from '../src/server-user.ts';

/** Connects as another user: the kernel decides at the call. Gives 'in' or the error's code. */
async function tryAs(uid: number, socket: string): Promise<string> {
  return new Promise((resolve) => {
    process.seteuid?.(uid);
    const connection = connectTo(socket, () => {
      connection.destroy();
      resolve('in');
    });
    process.seteuid?.(0);
    connection.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}

const isRoot = process.geteuid?.() === 0;

describe.skipIf(!isRoot)(`as root${isRoot ? '' : ' (skipped: this is an ordinary user)'}`, () => {
  const place = isRoot ? mkdtempSync(join(tmpdir(), 'gaia-root-')) : '';
  afterAll(() => rmSync(place, { recursive: true, force: true }));

  it('serves a directory that the server could not walk to, as a user of its own', async () => {
    const dataDir = join(place, 'home', 'checkout', '.gaia', 'postgres');
    mkdirSync(join(place, 'home'), { mode: 0o700 });
    const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
    try {
      const client = new pg.Client({ connectionString: await postgres.ensureDatabase('shop') });
      await client.connect();
      const { rows } = await client.query('select current_database() as name');
      await client.end();
      expect(rows).toEqual([{ name: 'shop' }]);
      const owner = statSync(join(dataDir, 'data')).uid;
      expect(owner).toBe(serverUser(undefined)?.uid);
      expect([0, namedUser()?.uid]).not.toContain(owner);
    } finally {
      await postgres.stop();
    }
  });

  it('lets no other user of the machine in', async () => {
    const dataDir = join(place, 'closed');
    chmodSync(place, 0o755);
    const postgres = await startEmbeddedPostgres({ dataDir, durable: false });
    try {
      chmodSync(dataDir, 0o755);
      const socket = join(dataDir, 'data', '.s.PGSQL.5432');
      const connect = (uid: number) => tryAs(uid, socket);
      expect(await connect(0)).toBe('in');
      expect(await connect(namedUser()?.uid ?? 65_534)).toBe('EACCES');
      expect(await connect(1_000)).toBe('EACCES');
    } finally {
      await postgres.stop();
    }
  });

  it('copies binaries that the server could not walk to', async () => {
    const found = findBinaryPackage();
    const hidden = join(place, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const native = join(hidden, 'native');
    cpSync(found.native, native, { recursive: true });
    const cache = mkdtempSync('/var/tmp/gaia-test-');
    try {
      const binaries = await prepareBinaries({ ...found, native }, serverUser(undefined), [cache]);
      expect(binaries.postgres.startsWith(cache)).toBe(true);
    } finally {
      rmSync(cache, { recursive: true, force: true });
    }
  });

  it('keeps the owner of a cluster that an ordinary user has made', () => {
    expect(serverUser({ uid: 1_000, gid: 1_001 })).toEqual({ uid: 1_000, gid: 1_001 });
    expect(serverUser({ uid: 0, gid: 0 })?.uid).not.toBe(0);
  });

  it('fails without an unprivileged user', () => {
    expect(() => namedUser('/nonexistent')).toThrow(expect.objectContaining({ code: 'no_unprivileged_user' }));
  });
});
