import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { type AssetsService, AUTHOR, EDITOR, MEMBER, startAssets } from '../assets-service.ts';

let service: AssetsService;
beforeAll(async () => {
  service = await startAssets({ ASSETS_SITE_QUOTA_BYTES: '90000' });
  return service.close;
});

const replace = (id: string, payload: string | Buffer, headers: Record<string, string> = {}, as: object = AUTHOR) =>
  service.app.inject({
    method: 'PUT',
    url: `/assets/${id}/content`,
    headers: { ...service.issuer.headersFor(as), 'content-type': 'text/csv', ...headers },
    payload,
  });
const read = (id: string) => service.app.inject({ url: `/assets/${id}`, headers: service.issuer.headersFor(MEMBER) });

describe('a file under its address', () => {
  it('gets other bytes, keeps what is said of it, and leaves nothing of the old ones', async () => {
    const { textFile, onDisk, app, issuer } = service;
    const id = await textFile('before', { name: 'table.txt' });
    const before = await read(id);
    const json = await replace(id, '[1,{"a":2}]', { 'content-type': 'application/json' });
    expect(json.json()).toMatchObject({ media_type: 'application/json', version: 2 });
    const changed = await replace(id, 'a;b', { 'if-match': '"2"' });
    expect(changed.statusCode, changed.body).toBe(200);
    expect(changed.json()).toMatchObject({
      id,
      file_name: 'table.txt',
      media_type: 'text/csv',
      size: 3,
      sha256: createHash('sha256').update('a;b').digest('hex'),
      visibility: 'members',
      version: 3,
      uploaded_by: 'ann',
    });
    const after = await read(id);
    expect(after.body).toBe('a;b');
    expect(after.headers.etag).not.toBe(before.headers.etag);
    expect(onDisk().kept).not.toContain(id);
    expect(onDisk().incoming).toEqual([]);
    const removed = await app.inject({ method: 'DELETE', url: `/assets/${id}`, headers: issuer.headersFor(AUTHOR) });
    expect(removed.statusCode).toBe(204);
    expect(onDisk().kept).toEqual([]);
  });

  it('gets those of one of several who replace the same version', async () => {
    const id = await service.textFile('before');
    const answers = await Promise.all(['one', 'two', 'three'].map((text) => replace(id, text, { 'if-match': '"1"' })));
    expect(answers.map(({ statusCode }) => statusCode).toSorted()).toEqual([200, 412, 412]);
    const won = answers.find(({ statusCode }) => statusCode === 200)?.json();
    expect(
      createHash('sha256')
        .update((await read(id)).rawPayload)
        .digest('hex'),
    ).toBe(won.sha256);
    expect(service.onDisk()).toMatchObject({ incoming: [] });
  });

  it.each([
    ['another version', { 'if-match': '"7"' }, AUTHOR, 412, 'version_conflict'],
    ['no account', {}, undefined, 401, 'token_missing'],
    ['a member', {}, MEMBER, 403, 'insufficient_scope'],
    ['another author', {}, { role: 'author', subject: 'bob' }, 403, 'forbidden'],
    ['an author of another site', {}, { role: 'author', site: 'site-b.localhost' }, 404, 'file_not_found'],
  ] as const)('is not replaced by %s', async (_name, headers, as, status, code) => {
    const id = await service.textFile('stays');
    const answer = await service.app.inject({
      method: 'PUT',
      url: `/assets/${id}/content`,
      headers: { ...(as && service.issuer.headersFor(as)), 'content-type': 'text/plain', ...headers },
      payload: 'other',
    });
    expect(answer.json()).toMatchObject({ status, code });
    expect((await read(id)).body).toBe('stays');
  });

  it('is not replaced by more than a file, or the site, may have', async () => {
    const id = await service.textFile('stays');
    expect((await replace(id, Buffer.alloc(100_001, 'a'))).json()).toMatchObject({ status: 413 });
    expect((await replace(id, Buffer.alloc(95_000, 'a'))).json()).toMatchObject({ code: 'site_quota_exceeded' });
    expect((await read(id)).body).toBe('stays');
    expect(service.onDisk()).toMatchObject({ incoming: [] });
  });
});

it('keeps replacements, deletions and changes of who may read a file in the audit log', async () => {
  const { app, issuer, textFile } = service;
  const id = await textFile('first', { name: 'a.txt' });
  await replace(id, 'second', {}, EDITOR);
  const headers = issuer.headersFor(AUTHOR);
  await app.inject({ method: 'PATCH', url: `/assets/${id}`, headers, payload: { visibility: 'public' } });
  await app.inject({ method: 'PATCH', url: `/assets/${id}`, headers, payload: { caption: 'not for the log' } });
  await app.inject({ method: 'DELETE', url: `/assets/${id}`, headers });
  const administrator = issuer.headersFor({ role: 'admin', scope: ['audit:read'] });
  const log = await app.inject({ url: `/assets/audit?target=${id}`, headers: administrator });
  const events = log.json().items as { action: string; actor: string; site: string; details: object }[];
  expect(events.map(({ action, actor }) => [action, actor])).toEqual([
    ['file.delete', 'ann'],
    ['file.change_visibility', 'ann'],
    ['file.replace', 'editor'],
  ]);
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');
  expect(events[2]?.details).toMatchObject({
    file_name: 'a.txt',
    sha256_before: digest('first'),
    sha256: digest('second'),
  });
  const member = await app.inject({ url: '/assets/audit', headers: issuer.headersFor(MEMBER) });
  expect(member.json()).toMatchObject({ status: 403, code: 'insufficient_scope' });
});
