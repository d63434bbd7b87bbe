import { describe, expect, it } from 'vitest';
import { AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';
import { MALWARE, startClamd } from '../clamd-server.ts';
import { BYTES, SITE, tusClient } from '../tus-client.ts';

const file = (content: string | Buffer) => ({ name: 'file', content, fileName: 'a.txt', type: 'text/plain' });
const STORAGE = `/assets/sites/${SITE}/storage`;
const ADMINISTRATOR = { role: 'admin', subject: 'root', scope: ['sites:manage'] } as const;

describe('malware', () => {
  it('is refused, whichever way it comes, and leaves nothing', async () => {
    const { address } = await startClamd();
    const service = await startAssets({ ASSETS_CLAMD: address });
    const clean = await service.upload([file('clean')]);
    expect(clean.statusCode).toBe(201);
    const infected = await service.upload([file(`x ${MALWARE}`)]);
    expect(infected.json()).toMatchObject({ status: 422, code: 'file_infected' });
    const client = tusClient(service);
    const resumed = await client.create(100, {}, BYTES, Buffer.from(`${MALWARE} in`));
    const path = String(resumed.headers.location);
    const offset = await client.offset(path);
    const last = await client.append(path, offset, Buffer.alloc(100 - offset, 'a'));
    expect(last.json()).toMatchObject({ status: 422, code: 'file_infected' });
    expect((await client.send('HEAD', path)).statusCode).toBe(404);
    expect(service.onDisk()).toEqual({ incoming: [], kept: [clean.json().id] });
    expect(service.logs.join()).not.toContain('FOUND');
  });

  it.each([
    ['is unavailable', async () => (await startClamd()).close, 503, 'scanner_unavailable'],
    ['says something else', { reply: "stream: Can't allocate memory ERROR" }, 503, 'scanner_unavailable'],
    ['takes no file of the size', { maxBytes: 3 }, 413, 'file_too_large_to_scan'],
  ] as const)('cannot come in while the scanner %s', async (_name, options, status, code) => {
    const clamd = await startClamd(typeof options === 'function' ? {} : options);
    if (typeof options === 'function') await clamd.close();
    const service = await startAssets({ ASSETS_CLAMD: clamd.address });
    const refused = await service.upload([file('clean')]);
    expect(refused.json()).toMatchObject({ status, code });
    const resumed = await tusClient(service).create(5, {}, BYTES, Buffer.from('clean'));
    expect(resumed.json()).toMatchObject({ status, code });
    expect(service.onDisk()).toMatchObject({ incoming: [] });
  });
});

describe('the quota of a site', () => {
  it('bounds what its files have, and is shown to who uploads', async () => {
    const service = await startAssets({ ASSETS_SITE_QUOTA_BYTES: '10' });
    const { app, issuer, upload } = service;
    const stored = await upload([file('123456')]);
    expect((await upload([file('12345')])).json()).toMatchObject({ status: 507, code: 'site_quota_exceeded' });
    const resumed = await tusClient(service).create(5);
    expect(resumed.json()).toMatchObject({ status: 507, code: 'site_quota_exceeded' });
    const shown = await app.inject({ url: STORAGE, headers: issuer.headersFor(AUTHOR) });
    expect(shown.json()).toEqual({ files: 1, used_bytes: 6, quota_bytes: 10, max_file_bytes: 100_000 });
    await app.inject({ method: 'DELETE', url: stored.json().url, headers: issuer.headersFor(AUTHOR) });
    expect((await upload([file('12345')])).statusCode).toBe(201);
    expect(service.onDisk()).toMatchObject({ incoming: [], kept: [expect.any(String)] });
  });

  it('lets only one of two through that fit alone', async () => {
    const { upload } = await startAssets({ ASSETS_SITE_QUOTA_BYTES: '10' });
    const answers = await Promise.all([upload([file('123456')]), upload([file('123456')])]);
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([201, 507]);
  });

  it('is set by administrators of the installation alone', async () => {
    const { app, issuer, upload } = await startAssets();
    const set = (as: Parameters<typeof issuer.headersFor>[0], quota: unknown) =>
      app.inject({ method: 'PUT', url: STORAGE, headers: issuer.headersFor(as), payload: { quota_bytes: quota } });
    for (const as of [MEMBER, AUTHOR, EDITOR]) {
      expect((await set(as, 5)).json()).toMatchObject({ status: 403, code: 'insufficient_scope' });
    }
    expect((await set(ADMINISTRATOR, -1)).json()).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await set(ADMINISTRATOR, 5)).json()).toMatchObject({ quota_bytes: 5 });
    expect((await upload([file('123456')])).statusCode).toBe(507);
    expect((await set(ADMINISTRATOR, null)).json()).toMatchObject({ quota_bytes: null });
    expect((await upload([file('123456')])).statusCode).toBe(201);
    const read = await app.inject({ url: STORAGE, headers: issuer.headersFor(MEMBER) });
    expect(read.json()).toMatchObject({ status: 403, code: 'insufficient_scope' });
  });
});
