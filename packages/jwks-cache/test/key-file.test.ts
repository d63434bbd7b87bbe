import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestIssuer } from '@gaia/testing/issuer';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createJwksCache } from '../src/jwks-cache.ts';
import { loadKeyFile, saveKeyFile } from '../src/key-file.ts';

const signingKey = (await createTestIssuer()).key;

async function folderForTest(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gaia-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe('a cache with a file', () => {
  async function setUp(file?: string) {
    const path = file ?? join(await folderForTest(), 'deep', 'down', 'jwks.json');
    const startedAt = Date.now();
    const issuer = await createTestIssuer({ signingKey, now: () => startedAt });
    const warnings: unknown[] = [];
    const log = {
      info: () => undefined,
      warn: (details: object, message: string) => void warnings.push([message, details]),
    };
    const open = async () => {
      const cache = createJwksCache({ url: issuer.jwksUrl, fetch: issuer.fetch, now: issuer.now, file: path, log });
      onTestFinished(() => cache.close());
      await cache.ready;
      return cache;
    };
    return { issuer, path, open, warnings };
  }

  it('knows the keys when it starts during an outage', async () => {
    const { issuer, open } = await setUp();
    await open();
    issuer.setOutage(true);
    expect((await open()).usable()).toBe(true);
    issuer.travel(3_600);
    const restarted = await open();
    expect(restarted.find(issuer.key.kid)).toBeDefined();
    expect(restarted.status()).toMatchObject({ usable: true, stale: true, failures: 1, ageMs: 3_600_000 });
  });

  it('asks the issuer at start even so', async () => {
    const { issuer, open } = await setUp();
    await open();
    const old = issuer.key.kid;
    const { kid } = issuer.rotate();
    issuer.remove(old);
    expect((await open()).status().kids).toEqual([kid]);
  });

  it('keeps the time of the last answer, also of one that said that nothing had changed', async () => {
    const { issuer, open } = await setUp();
    const cache = await open();
    issuer.travel(86_000);
    await cache.refresh();
    issuer.setOutage(true);
    issuer.travel(86_000);
    expect((await open()).status()).toMatchObject({ usable: true, ageMs: 86_000_000 });
  });

  it('believes its file no longer than the hard cap', async () => {
    const { issuer, open } = await setUp();
    await open();
    issuer.setOutage(true);
    issuer.travel(86_399);
    expect((await open()).usable()).toBe(true);
    issuer.travel(1);
    expect((await open()).status()).toMatchObject({ usable: false, kids: [] });
  });

  it('does not believe a file from the future', async () => {
    const { issuer, open } = await setUp();
    await open();
    issuer.setOutage(true);
    issuer.travel(-1);
    expect((await open()).status().kids).toEqual([]);
  });

  it('does not believe a file with a weak key, and says so', async () => {
    const { issuer, path, open, warnings } = await setUp();
    await open();
    await writeFile(path, (await readFile(path, 'utf8')).replace('AQAB', 'AQ'));
    issuer.setOutage(true);
    expect((await open()).status().kids).toEqual([]);
    expect(warnings[0]).toEqual([
      'the copy of the keys on disk is not usable',
      { url: issuer.jwksUrl, reason: 'the set has no usable key' },
    ]);
  });

  it('goes on when the file cannot be written, and says so', async () => {
    const folder = await folderForTest();
    await writeFile(join(folder, 'file'), '');
    const { issuer, open, warnings } = await setUp(join(folder, 'file', 'jwks.json'));
    expect((await open()).usable()).toBe(true);
    expect(warnings).toEqual([
      [
        'the keys of the issuer could not be kept on disk',
        { url: issuer.jwksUrl, reason: expect.stringMatching(/^ENOTDIR|^EEXIST/) },
      ],
    ]);
    const silent = createJwksCache({
      url: issuer.jwksUrl,
      fetch: issuer.fetch,
      file: join(folder, 'file', 'jwks.json'),
    });
    onTestFinished(() => silent.close());
    await silent.ready;
    expect(silent.usable()).toBe(true);
  });
});

describe('the file', () => {
  const url = 'https://id.example/jwks.json';
  const stored = { url, fetchedAt: 1_000, text: '{"keys":[]}' };

  it('is read back as it was written', async () => {
    const path = join(await folderForTest(), 'jwks.json');
    await saveKeyFile(path, { ...stored, text: 'older' });
    await saveKeyFile(path, stored);
    expect(await loadKeyFile(path, url, 100)).toEqual(stored);
  });

  it("is its owner's alone, and no draft is left beside it", async () => {
    const folder = await folderForTest();
    await saveKeyFile(join(folder, 'jwks.json'), stored);
    expect(await readdir(folder)).toEqual(['jwks.json']);
    expect((await stat(join(folder, 'jwks.json'))).mode & 0o777).toBe(0o600);
  });

  it('leaves no draft behind when it cannot be put in place', async () => {
    const folder = await folderForTest();
    await mkdir(join(folder, 'jwks.json', 'occupied'), { recursive: true });
    await expect(saveKeyFile(join(folder, 'jwks.json'), stored)).rejects.toThrow();
    expect(await readdir(folder)).toEqual(['jwks.json']);
  });

  it('can be absent', async () => {
    expect(await loadKeyFile(join(await folderForTest(), 'jwks.json'), url, 100)).toBeUndefined();
  });

  it.each<readonly [string, string, boolean]>([
    ['of this URL', JSON.stringify(stored), true],
    ['with more than it needs', JSON.stringify({ ...stored, more: 1 }), true],
    ['as long as is allowed', JSON.stringify({ ...stored, text: 'x'.repeat(100) }), true],
    ['of another URL', JSON.stringify({ ...stored, url: 'https://id.example/other' }), false],
    ['without a URL', JSON.stringify({ ...stored, url: undefined }), false],
    ['without a text', JSON.stringify({ ...stored, text: undefined }), false],
    ['with a text that is a list', JSON.stringify({ ...stored, text: ['x'] }), false],
    ['without a time', JSON.stringify({ ...stored, fetchedAt: undefined }), false],
    ['with a time as text', JSON.stringify({ ...stored, fetchedAt: '1000' }), false],
    ['with a time that is null', JSON.stringify({ ...stored, fetchedAt: null }), false],
    ['with a text that is too long', JSON.stringify({ ...stored, text: 'x'.repeat(101) }), false],
    ['that is too long', JSON.stringify({ ...stored, more: 'x'.repeat(200) }), false],
    ['that is null', 'null', false],
    ['that is text', '"x"', false],
    ['that is damaged', '{"url', false],
  ])('%s is believed: %s', async (_, content, believed) => {
    const path = join(await folderForTest(), 'jwks.json');
    await writeFile(path, content);
    expect((await loadKeyFile(path, url, 100)) !== undefined).toBe(believed);
  });
});
