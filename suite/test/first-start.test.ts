import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { pendingFirstStart } from '../src/first-start.ts';
import { keepSecrets } from '../src/secrets.ts';

const made: string[] = [];
afterEach(async () => {
  await Promise.all(made.splice(0).map((path) => rm(path, { recursive: true, force: true })));
});
async function dataDir(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'gaia-suite-'));
  made.push(path);
  return path;
}

const mode = async (path: string) => (await stat(path)).mode & 0o777;

describe('secrets', () => {
  it('are made once, each another, readable by the owner alone', async () => {
    const folder = await dataDir();
    const first = await keepSecrets(folder);
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    for (const secret of Object.values(first)) expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
    expect(await keepSecrets(folder)).toEqual(first);
    expect(await mode(join(folder, 'secrets.json'))).toBe(0o600);
    expect(await readdir(folder)).toEqual(['secrets.json']);
  });

  it('that came with a later version are added, the others kept', async () => {
    const folder = await dataDir();
    const { authKek } = await keepSecrets(folder);
    await writeFile(join(folder, 'secrets.json'), JSON.stringify({ authKek }));
    const secrets = await keepSecrets(folder);
    expect(secrets.authKek).toBe(authKek);
    expect(secrets.gatewaySessionSecret).toHaveLength(43);
  });

  it.each(['', '{"authKek":', '[]', 'null', '"x"'])('in a broken file %j are never replaced', async (text) => {
    const folder = await dataDir();
    await writeFile(join(folder, 'secrets.json'), text);
    await expect(keepSecrets(folder)).rejects.toThrow(/is broken.*backup/);
    expect(await readFile(join(folder, 'secrets.json'), 'utf8')).toBe(text);
  });
});

describe('the first start', () => {
  const wanted = { email: undefined, password: undefined };

  it('keeps its generated password until it is done, then forgets it', async () => {
    const folder = await dataDir();
    const first = await pendingFirstStart(folder, wanted);
    const interrupted = await pendingFirstStart(folder, wanted);
    expect(first?.administrator).toMatchObject({ email: 'admin@localhost', generated: true });
    expect(first?.administrator.password.length).toBeGreaterThanOrEqual(20);
    expect(interrupted?.administrator).toEqual(first?.administrator);
    expect(await mode(join(folder, 'first-start.json'))).toBe(0o600);
    await interrupted?.done();
    expect(await pendingFirstStart(folder, wanted)).toBeUndefined();
    expect(await readdir(folder)).toEqual(['installed']);
  });

  it('takes the password that it is given and writes it nowhere', async () => {
    const folder = await dataDir();
    const first = await pendingFirstStart(folder, { email: 'me@example.com', password: 'given-password' });
    expect(first?.administrator).toEqual({ email: 'me@example.com', password: 'given-password', generated: false });
    expect(await readdir(folder)).toEqual([]);
  });
});
