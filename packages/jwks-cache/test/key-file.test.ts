import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestIssuer } from '@gaia/testing/issuer';
import { expect, it, onTestFinished } from 'vitest';
import { createJwksCache } from '../src/jwks-cache.ts';

async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'gaia-keys-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const issuer = await createTestIssuer();
  const file = join(folder, 'keys', 'jwks.json');
  const open = async (url = issuer.jwksUrl) => {
    const cache = createJwksCache({ url, fetch: issuer.fetch, now: issuer.now, file });
    onTestFinished(() => cache.close());
    await cache.ready;
    return cache;
  };
  return { issuer, file, folder, open };
}

it('keeps the keys for a start during an outage', async () => {
  const { issuer, open } = await setUp();
  await open();
  issuer.setOutage(true);
  issuer.travel(3_600);
  const restarted = await open();
  expect(restarted.find(issuer.key.kid)).toBeDefined();
  expect(restarted.status()).toMatchObject({ usable: true, stale: true, failures: 1 });
  expect(restarted.status().ageMs).toBeGreaterThanOrEqual(3_600_000);
});

it('asks the issuer at start even with a copy', async () => {
  const { issuer, open } = await setUp();
  await open();
  const old = issuer.key.kid;
  const { kid } = issuer.rotate();
  issuer.remove(old);
  expect((await open()).status().kids).toEqual([kid]);
});

it('believes the copy no longer than the hard cap', async () => {
  const { issuer, open } = await setUp();
  await open();
  issuer.setOutage(true);
  issuer.travel(86_400);
  const restarted = await open();
  expect(restarted.usable()).toBe(false);
  expect(restarted.status().kids).toEqual([]);
});

it('leaves no draft behind, and a file that only its owner reads', async () => {
  const { file, folder, open } = await setUp();
  await open();
  expect(await readdir(join(folder, 'keys'))).toEqual(['jwks.json']);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('says so and goes on when the file cannot be written', async () => {
  const { issuer, folder } = await setUp();
  await writeFile(join(folder, 'file'), '');
  const warnings: string[] = [];
  const log = { info: () => undefined, warn: (_: object, message: string) => void warnings.push(message) };
  const cache = createJwksCache({
    url: issuer.jwksUrl,
    fetch: issuer.fetch,
    file: join(folder, 'file', 'jwks.json'),
    log,
  });
  onTestFinished(() => cache.close());
  await cache.ready;
  expect(cache.usable()).toBe(true);
  expect(warnings).toEqual(['the keys of the issuer could not be kept on disk']);
});

it.each([
  ['is damaged', () => 'garbage'],
  ['is of another issuer', (raw: string) => raw.replace('localhost', 'elsewhere')],
  ['is from the future', (raw: string) => raw.replace(/"fetchedAt":\d+/, '"fetchedAt":99999999999999')],
  ['has no time', (raw: string) => raw.replace(/"fetchedAt":\d+/, '"fetchedAt":null')],
  ['has no text', (raw: string) => raw.replace(/"text":/, '"txet":')],
  ['has a weak key', (raw: string) => raw.replace('AQAB', 'AQ')],
  ['is too large', (raw: string) => raw.replace('{', `{"filling":"${'x'.repeat(200_000)}",`)],
  ['is null', () => 'null'],
])('does not believe a copy that %s', async (_, change) => {
  const { issuer, file, open } = await setUp();
  await open();
  const raw = await readFile(file, 'utf8');
  const changed = change(raw);
  expect(changed).not.toBe(raw);
  await writeFile(file, changed);
  issuer.setOutage(true);
  expect((await open()).status().kids).toEqual([]);
});
