import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { type EmbeddedPostgresOptions, startEmbeddedPostgres } from '../src/embedded-postgres.ts';
import { clusters } from './made-cluster.ts';
import { runScript } from './run-script.ts';

const { path, made } = clusters();

const start = (dataDir: string, options: Partial<EmbeddedPostgresOptions> = {}) =>
  startEmbeddedPostgres({ dataDir, durable: false, ...options });

async function ask<T>(url: string, statement: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}

function postmasterPid(dataDir: string): number {
  return Number(readFileSync(join(dataDir, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

const startAndStay = `
  import { startEmbeddedPostgres } from './src/embedded-postgres.ts';
  try {
    const postgres = await startEmbeddedPostgres({ dataDir: process.argv[1], durable: false });
    console.log(postgres.adopted ? 'adopted' : 'started');
    setInterval(() => {}, 1_000);
  } catch (error) {
    console.log(error.code);
  }
`;

describe('startEmbeddedPostgres', () => {
  it('starts, keeps the data, and finds it again', async () => {
    const dataDir = path('fresh');
    const lines: string[] = [];
    const first = await start(dataDir, { log: (line) => lines.push(line) });
    expect(first.adopted).toBe(false);
    const url = await first.ensureDatabase('shop');
    await ask(url, `create table notes (text text); insert into notes values ('kept')`);
    await Promise.all([first.stop(), first.stop()]);
    expect(existsSync(join(dataDir, 'data', 'postmaster.pid'))).toBe(false);

    const second = await start(dataDir, { log: (line) => lines.push(line) });
    expect(await second.ensureDatabase('shop')).toBe(url);
    expect(await ask(url, 'select * from notes')).toEqual([{ text: 'kept' }]);
    await second.stop();
    expect(lines).toEqual([expect.stringMatching(/newly made$/), expect.stringMatching(/fresh\/data$/)]);
  });

  it('is safe against power cuts unless told otherwise, listens on no port and knows letters', async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: path('settings') });
    try {
      const url = postgres.url('postgres');
      await ask(url, 'create extension pg_trgm');
      const [row] = await ask(
        url,
        `select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
                current_setting('synchronous_commit') as commit, current_setting('data_checksums') as checksums,
                current_setting('listen_addresses') as addresses, current_setting('server_encoding') as encoding,
                lower('ÄŒ') as lower, array_length(show_trgm('äöü'), 1) as trigrams,
                (select string_agg(word, ' ' order by word) from unnest(array['é', 'z', 'a', 'Z']) as word) as sorted`,
      );
      expect(row).toEqual({
        fsync: 'on',
        pages: 'on',
        commit: 'on',
        checksums: 'on',
        addresses: '',
        encoding: 'UTF8',
        lower: 'äœ',
        trigrams: 4,
        sorted: 'Z a z é',
      });
    } finally {
      await postgres.stop();
    }
  });

  it('creates a database once, however many ask, and none of a wrong name', async () => {
    const postgres = await start(made('databases'));
    try {
      await Promise.all(Array.from({ length: 4 }, () => postgres.ensureDatabase('club')));
      expect(await ask(postgres.url('club'), 'select current_database() as name')).toEqual([{ name: 'club' }]);
      for (const name of ['', 'Club', 'a-b', 'x"; drop database club; --', '1a', 'x'.repeat(64)]) {
        await expect(postgres.ensureDatabase(name)).rejects.toMatchObject({ code: 'database_name_invalid' });
      }
    } finally {
      await postgres.stop();
    }
  });

  it('works where the path is too long for a socket, with blanks and letters of all kinds', async () => {
    const dataDir = made(join('ein sehr langer Weg für Ω', 'x'.repeat(100), '100%'));
    const postgres = await start(dataDir);
    const url = postgres.url('postgres');
    expect(await ask(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const link = new URL(url).searchParams.get('host') ?? '';
    expect(existsSync(link)).toBe(true);
    await postgres.stop();
    expect(existsSync(link)).toBe(false);
  });

  it('never runs twice on one directory', async () => {
    const dataDir = made('twice');
    const postgres = await start(dataDir);
    try {
      await expect(start(dataDir)).rejects.toMatchObject({ code: 'data_dir_in_use' });
      expect(await runScript(startAndStay, dataDir).line()).toBe('data_dir_in_use');
      expect(await ask(postgres.url('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
    } finally {
      await postgres.stop();
    }
  });

  it('takes over the server of a killed process, unless it was started in another way', async () => {
    const dataDir = made('killed');
    const first = runScript(startAndStay, dataDir);
    expect(await first.line()).toBe('started');
    await first.kill('SIGKILL');
    const pid = postmasterPid(dataDir);

    const second = await start(dataDir);
    expect(second.adopted).toBe(true);
    expect(postmasterPid(dataDir)).toBe(pid);
    await second.stop();
    expect(existsSync(join(dataDir, 'data', 'postmaster.pid'))).toBe(false);

    const third = runScript(startAndStay, dataDir);
    expect(await third.line()).toBe('started');
    await third.kill('SIGKILL');
    const fourth = await start(dataDir, { durable: true });
    expect(fourth.adopted).toBe(false);
    expect(await ask(fourth.url('postgres'), 'show fsync')).toEqual([{ fsync: 'on' }]);
    await fourth.stop();
  });

  it('tells when the server ends by itself, and recovers even where its process id now belongs to something else', async () => {
    const dataDir = made('crashed');
    const ended = vi.fn();
    const postgres = await start(dataDir, { durable: true, onUnexpectedEnd: ended });
    await ask(await postgres.ensureDatabase('shop'), 'create table notes as select 1 as id');
    process.kill(postmasterPid(dataDir), 'SIGQUIT');
    await vi.waitFor(
      () => expect(ended).toHaveBeenCalledWith(expect.objectContaining({ code: 'postgres_ended' })),
      15_000,
    );
    await postgres.stop();

    const bystander = runScript(`console.log('here'); setInterval(() => {}, 1_000)`);
    await bystander.line();
    const pidFile = join(dataDir, 'data', 'postmaster.pid');
    writeFileSync(
      pidFile,
      [bystander.pid, join(dataDir, 'data'), '1700000000', '5432', '.', '', '1 1', 'ready', ''].join('\n'),
    );
    writeFileSync(join(dataDir, 'data', '.s.PGSQL.5432.lock'), `${bystander.pid}\n`);
    const again = await start(dataDir);
    expect(again.adopted).toBe(false);
    expect(await ask(again.url('shop'), 'select id from notes')).toEqual([{ id: 1 }]);
    await again.stop();
    await bystander.kill('SIGKILL');
  });

  it('stops a server that obeys no signal, and recovers', async () => {
    const dataDir = made('frozen');
    const postgres = await start(dataDir, { durable: true, stopTimeoutMs: 40 });
    await ask(await postgres.ensureDatabase('shop'), 'create table notes as select 1 as id');
    process.kill(postgres.pid, 'SIGSTOP');
    await postgres.stop();
    const again = await start(dataDir);
    expect(again.adopted).toBe(false);
    expect(await ask(again.url('shop'), 'select id from notes')).toEqual([{ id: 1 }]);
    await again.stop();
  });

  it.each([
    ['holds something else', 'notes.txt', 'hello', 'data_dir_unusable'],
    ['was made by another version', 'PG_VERSION', '12\n', 'data_dir_other_version'],
  ])('leaves alone a directory that %s', async (_case, file, content, code) => {
    const dataDir = path(code);
    mkdirSync(join(dataDir, 'data'), { recursive: true });
    writeFileSync(join(dataDir, 'data', file), content);
    await expect(start(dataDir)).rejects.toMatchObject({ code });
    expect(readFileSync(join(dataDir, 'data', file), 'utf8')).toBe(content);
    await expect(start(dataDir)).rejects.toMatchObject({ code });
  });

  it('shows the end of the log when the server does not start', async () => {
    const dataDir = made('broken');
    rmSync(join(dataDir, 'data', 'global', 'pg_control'));
    await expect(start(dataDir)).rejects.toMatchObject({
      code: 'postgres_start_failed',
      message: expect.stringContaining('pg_control'),
    });
  });
});
