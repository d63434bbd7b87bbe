import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { testDatabase } from '@gaia/test-servers/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { unpack } from '../fixtures/archive.ts';
import { fill } from '../fixtures/fill.ts';
import type { Installation } from '../fixtures/installation.ts';
import { loadConfig } from '../src/config.ts';
import { type Suite, startSuite } from '../src/suite.ts';
import { promises, type Started } from './kept-promises.ts';
import { freePorts, password } from './running-suite.ts';

const fixtures = join(import.meta.dirname, '../fixtures');
const versions = readdirSync(fixtures).filter((name) => existsSync(join(fixtures, name, 'data-folder.json')));

interface Place {
  readonly dataDir: string;
  readonly databaseUrl?: string;
}

/** Starts this version. Keys and the log stay as they are, however old the data is when the test runs. */
async function startOn({ dataDir, databaseUrl }: Place): Promise<{ suite: Suite; url: string }> {
  const port = await freePorts(6);
  const env = {
    PORT: String(port),
    GAIA_DATA_DIR: dataDir,
    GAIA_ADMIN_PASSWORD: password,
    RATE_LIMIT: 'off',
    LOG_LEVEL: 'error',
    ARGON2_MEMORY_KIB: '64',
    AUTH_KEY_ROTATION_SECONDS: '0',
    AUDIT_RETENTION_DAYS: '0',
    ...(databaseUrl !== undefined && { DATABASE_URL: databaseUrl }),
  };
  const suite = await startSuite({ config: loadConfig(env, dataDir), env, mode: 'together', say: () => {} });
  return { suite, url: `http://localhost:${port}` };
}

async function readInstallation(version: string, name: string): Promise<Installation> {
  return JSON.parse(await readFile(join(fixtures, version, `${name}.json`), 'utf8'));
}

/** The promises as tests, on what `prepare` puts into a data folder. */
function keepsEverything(prepare: (dataDir: string) => Promise<{ kept: Installation; databaseUrl?: string }>): void {
  let dataDir: string;
  let suite: Suite | undefined;
  let started: Started;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'gaia-upgrade-'));
    const { kept, databaseUrl } = await prepare(dataDir);
    // Links of then are not the ones that the tests wait for.
    await rm(join(dataDir, 'mail'), { recursive: true, force: true });
    const running = await startOn({ dataDir, ...(databaseUrl !== undefined && { databaseUrl }) });
    suite = running.suite;
    started = { url: running.url, dataDir, kept };
  });
  afterAll(async () => {
    await suite?.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  it.each(Object.entries(promises))('%s', (_promise, keeps) => keeps(started));
}

describe.each(versions)('data made by version %s', (version) => {
  const file = (name: string) => join(fixtures, version, name);

  describe.runIf(process.platform === 'linux')('in a data folder with the embedded PostgreSQL', () => {
    keepsEverything(async (dataDir) => {
      await unpack(file('data-folder.tar.zst'), dataDir);
      return { kept: await readInstallation(version, 'data-folder') };
    });
  });

  describe('in a database dump', () => {
    keepsEverything(async (dataDir) => {
      await unpack(file('database-dump.tar.zst'), dataDir);
      const database = await testDatabase('upgrade');
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(gunzipSync(await readFile(file('database-dump.sql.gz'))).toString('utf8'));
      await client.end();
      return { kept: await readInstallation(version, 'database-dump'), databaseUrl: database.url };
    });
  });
});

describe('data that this version makes for the fixture of the next one', () => {
  keepsEverything(async (dataDir) => {
    const { url: databaseUrl } = await testDatabase('upgrade');
    const { suite, url } = await startOn({ dataDir, databaseUrl });
    try {
      const made = await fill({ url, dataDir, administrator: { email: 'admin@localhost', password } });
      return { kept: { version: 'this', madeAt: '', platform: process.platform, ...made }, databaseUrl };
    } finally {
      await suite.close();
    }
  });
});
