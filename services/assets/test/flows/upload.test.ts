import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { TokenRequest } from '@gaia/testing/issuer';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { type AssetsService, AUTHOR, startAssets } from '../assets-service.ts';
import { BOUNDARY, type FormPart, formOf, formType } from '../form.ts';

const URL = '/assets/sites/site-a.localhost/files';
const file = (content: string | Buffer, more: Partial<FormPart> = {}): FormPart => ({
  name: 'file',
  content,
  fileName: 'a.txt',
  type: 'text/plain',
  ...more,
});

/** One service for all that must leave nothing behind. */
let shared: AssetsService;
beforeAll(async () => {
  shared = await startAssets();
  return shared.close;
});

describe('an upload', () => {
  it('is kept whole, with what is known of it', async () => {
    const { app, issuer, upload, onDisk } = await startAssets();
    const content = Buffer.alloc(99_000, 'gaia ');
    const answer = await upload([file(content, { fileName: 'notes.txt' })]);
    expect(answer.statusCode).toBe(201);
    const made = answer.json();
    expect(made).toMatchObject({
      site: 'site-a.localhost',
      file_name: 'notes.txt',
      media_type: 'text/plain',
      size: 99_000,
      sha256: createHash('sha256').update(content).digest('hex'),
      visibility: 'private',
      uploaded_by: 'ann',
      url: `/assets/${made.id}`,
    });
    expect(answer.headers.location).toBe(`/assets/${made.id}`);
    expect(onDisk()).toEqual({ incoming: [], kept: [made.id] });
    const read = await app.inject({ url: made.url, headers: issuer.headersFor(AUTHOR) });
    expect(read.rawPayload.equals(content)).toBe(true);
  });

  it('takes its visibility before or after the file', async () => {
    const { upload } = shared;
    const visibility = { name: 'visibility', content: 'public' };
    for (const parts of [
      [visibility, file('a')],
      [file('a'), visibility],
    ]) {
      const answer = await upload(parts);
      expect(answer.json()).toMatchObject({ visibility: 'public' });
    }
  });

  it('may be empty', async () => {
    const { app, issuer, upload } = shared;
    const { id, size, media_type: type } = (await upload([file('')])).json();
    expect({ size, type }).toEqual({ size: 0, type: 'text/plain' });
    const headers = issuer.headersFor(AUTHOR);
    const whole = await app.inject({ url: `/assets/${id}`, headers });
    expect(whole).toMatchObject({ statusCode: 200, body: '' });
    expect(whole.headers['content-length']).toBe('0');
    const part = await app.inject({ url: `/assets/${id}`, headers: { ...headers, range: 'bytes=0-0' } });
    expect(part).toMatchObject({ statusCode: 416 });
  });

  it.each([
    ['../../etc/passwd', 'passwd'],
    ['..\\\\..\\\\boot.ini', 'boot.ini'],
    ['/abs/олень.txt', 'олень.txt'],
    ['', 'file'],
    ['..', 'file'],
    ['a\u0000b.txt', 'ab.txt'],
  ])('is named safely: %j', async (said, name) => {
    const { upload, onDisk } = shared;
    const answer = await upload([file('x', { fileName: said })]);
    expect(answer.json()).toMatchObject({ file_name: name });
    expect(onDisk().kept).toContain(answer.json().id);
  });
});

it('is answered with the file that has the bytes, if the caller wants that and may read it', async () => {
  const { app, issuer, textFile, onDisk } = await startAssets();
  const own = await textFile('mine', { visibility: 'private' });
  const others = await textFile('theirs', { visibility: 'private', as: { role: 'editor', subject: 'bob' } });
  const before = onDisk().kept.length;
  const send = (content: string, query: string) =>
    app.inject({
      method: 'POST',
      url: `${URL}${query}`,
      headers: { ...issuer.headersFor(AUTHOR), ...formType },
      payload: formOf(file(content)),
    });
  const known = await send('mine', '?duplicates=reuse');
  expect([known.statusCode, known.json().id]).toEqual([200, own]);
  expect(onDisk()).toMatchObject({ incoming: [], kept: { length: before } });
  const hidden = await send('theirs', '?duplicates=reuse');
  expect(hidden.statusCode).toBe(201);
  expect(hidden.json().id).not.toBe(others);
  expect((await send('mine', '')).statusCode).toBe(201);
});

describe('a bad upload', () => {
  const broken = (body: string) => Buffer.from(body.replaceAll('\n', '\r\n'));
  const head = `--${BOUNDARY}\nContent-Disposition: form-data; name="file"; filename="a.txt"\n\n`;

  it.each<[string, Buffer, number, string]>([
    ['no part', formOf(), 400, 'file_required'],
    ['nothing at all', Buffer.alloc(0), 400, 'file_required'],
    ['no file', formOf({ name: 'visibility', content: 'public' }), 400, 'file_required'],
    ['two files', formOf(file('a'), file('b')), 400, 'one_file_only'],
    ['another field', formOf({ name: 'owner', content: 'me' }, file('a')), 400, 'validation_failed'],
    ['a prototype', formOf({ name: '__proto__', content: 'x' }, file('a')), 400, 'malformed_multipart'],
    ['a wrong visibility', formOf(file('a'), { name: 'visibility', content: 'all' }), 400, 'validation_failed'],
    ['a file as visibility', formOf(file('public', { name: 'visibility' }), file('a')), 400, 'one_file_only'],
    [
      'many fields',
      formOf(...Array.from({ length: 9 }, () => ({ name: 'visibility', content: 'public' })), file('a')),
      400,
      'malformed_multipart',
    ],
    ['no end', broken(`${head}abc`), 400, 'malformed_multipart'],
    ['no boundary in it', Buffer.from('hello'), 400, 'malformed_multipart'],
    ['half a header', broken(`--${BOUNDARY}\nContent-Dispo`), 400, 'malformed_multipart'],
    ['too many bytes', formOf(file('a'.repeat(100_001))), 413, 'file_too_large'],
    ['far too many bytes', formOf(file('a'.repeat(1_000_000))), 413, 'file_too_large'],
  ])('with %s is refused and leaves nothing', async (_name, payload, status, code) => {
    const { app, issuer, onDisk } = shared;
    const before = onDisk();
    const headers = { ...issuer.headersFor(AUTHOR), ...formType };
    const answer = await app.inject({ method: 'POST', url: URL, headers, payload });
    expect(answer.json()).toMatchObject({ status, code });
    expect(onDisk()).toEqual(before);
  });

  it('with huge headers of a part is refused, or taken without them', async () => {
    const { upload, onDisk } = shared;
    const before = onDisk().kept.length;
    const headers = Array.from({ length: 1_000 }, (_, index) => `X-Header-${index}: ${'v'.repeat(60)}`);
    const answer = await upload([file('a', { headers })]);
    expect([201, 400]).toContain(answer.statusCode);
    expect(onDisk()).toMatchObject({ incoming: [] });
    expect(onDisk().kept.length - before).toBe(answer.statusCode === 201 ? 1 : 0);
  });

  it.each<[string, Record<string, string>, number, string]>([
    ['JSON', { 'content-type': 'application/json' }, 415, 'unsupported_media_type'],
    ['text', { 'content-type': 'text/plain' }, 415, 'unsupported_media_type'],
    ['no type', {}, 415, 'unsupported_media_type'],
    ['no boundary', { 'content-type': 'multipart/form-data' }, 415, 'unsupported_media_type'],
    ['an empty boundary', { 'content-type': 'multipart/form-data; boundary=' }, 400, 'malformed_multipart'],
    ['a length beyond the limit', { ...formType, 'content-length': '99999999' }, 413, 'file_too_large'],
  ])('as %s is refused', async (_name, headers, status, code) => {
    const { app, issuer } = shared;
    const all = { ...issuer.headersFor(AUTHOR), ...headers };
    const answer = await app.inject({ method: 'POST', url: URL, headers: all, payload: '{}' });
    expect(answer.json()).toMatchObject({ status, code });
  });

  it.each<[string, TokenRequest | undefined, number, string]>([
    ['anonymous', undefined, 401, 'token_missing'],
    ['a member', { role: 'member' }, 403, 'insufficient_scope'],
    ['an author of another site', { role: 'author', site: 'site-b.localhost' }, 403, 'forbidden'],
    ['a service', { role: 'service', site: null }, 403, 'forbidden'],
    ['an expired token', { role: 'author', expiresIn: -60 }, 401, 'token_expired'],
    ['a token of another purpose', { role: 'author', header: { typ: 'download+jwt' } }, 401, 'token_invalid'],
  ])('by %s is refused before it is read', async (_name, as, status, code) => {
    const { app, issuer } = shared;
    const headers = { ...(as && issuer.headersFor(as)), ...formType };
    const answer = await app.inject({ method: 'POST', url: URL, headers, payload: formOf(file('a')) });
    expect(answer.json()).toMatchObject({ status, code });
    if (status === 401 || code === 'insufficient_scope') expect(answer.headers['www-authenticate']).toMatch(/^Bearer /);
  });
});

describe('over a real connection', () => {
  it('an upload that breaks off leaves nothing', async () => {
    const { app, issuer, onDisk } = await startAssets();
    await app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = app.server.address() as { port: number };
    const socket = connect(port, '127.0.0.1');
    const { authorization } = issuer.headersFor(AUTHOR);
    const body = formOf(file('a'.repeat(50_000)));
    socket.write(
      `POST ${URL} HTTP/1.1\r\nHost: a\r\nAuthorization: ${authorization}\r\n` +
        `Content-Type: ${formType['content-type']}\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    socket.write(body.subarray(0, 40_000));
    await vi.waitFor(() => expect(onDisk().incoming).toHaveLength(1), 5_000);
    socket.destroy();
    await vi.waitFor(() => expect(onDisk()).toEqual({ incoming: [], kept: [] }), 5_000);
  });

  it('an upload without a length is cut off at the limit', async () => {
    const { app, issuer, onDisk } = await startAssets();
    const url = await app.listen({ host: '127.0.0.1', port: 0 });
    let sent = 0;
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(formOf(file('')).subarray(0, -(BOUNDARY.length + 8))),
      pull: (controller) => {
        sent += 65_536;
        if (sent > 50 * 1024 * 1024) controller.close();
        else controller.enqueue(Buffer.alloc(65_536, 'a'));
      },
    });
    const request = {
      method: 'POST',
      headers: { ...issuer.headersFor(AUTHOR), ...formType },
      body: endless,
      duplex: 'half',
    };
    // The answer is there before the body is through; which of the two a client notices first is its own affair.
    const answer = await fetch(`${url}${URL}`, request as RequestInit).catch(() => undefined);
    if (answer !== undefined) expect(await answer.json()).toMatchObject({ status: 413, code: 'file_too_large' });
    expect(sent).toBeLessThan(50 * 1024 * 1024);
    await vi.waitFor(() => expect(onDisk()).toEqual({ incoming: [], kept: [] }), 5_000);
  });
});
