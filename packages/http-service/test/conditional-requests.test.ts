import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { entityTag, isNotModified, isRangeOfCurrent, readIfMatch } from '../src/conditional-requests.ts';
import { sendProblem } from '../src/error-handler.ts';

const content = { title: 'T', notes: 'for editors' };
const tag = entityTag(content, 2);
const app = Fastify();
app.setErrorHandler(sendProblem);
app.get('/', async (request, reply) => (isNotModified(request, reply, tag) ? reply.code(304).send() : content));

const changedAt = new Date('2026-12-01T10:00:00.700Z');
app.get('/dated', async (request, reply) =>
  isNotModified(request, reply, tag, changedAt) ? reply.code(304).send() : content,
);

describe('a validator', () => {
  it('is of what the reader is given', () => {
    expect(tag).toMatch(/^"2\.[\w-]{22}"$/);
    expect(entityTag({ ...content }, 2)).toBe(tag);
    expect(entityTag({ title: 'T' }, 2)).not.toBe(tag);
    expect(entityTag(JSON.stringify(content))).toBe(tag.replace('2.', ''));
  });

  it.each([
    ['if-none-match', tag, 304],
    ['if-none-match', `W/${tag}`, 304],
    ['if-none-match', `"a,b" ,, W/"c",${tag}`, 304],
    ['if-none-match', '*', 304],
    ['if-none-match', '"2"', 200],
    ['if-none-match', `"x, ${tag.slice(1)}`, 200],
    ['if-none-match', `${tag} "x"`, 200],
    ['if-none-match', tag.slice(1, -1), 200],
    ['if-none-match', '', 200],
    ['if-match', tag, 200],
    ['if-match', `"x", ${tag}`, 200],
    ['if-match', '*', 200],
    ['if-match', `W/${tag}`, 412],
    ['if-match', '"2"', 412],
    ['if-match', 'x', 400],
  ])('%s: %s is answered with %s %s', async (name, value, status) => {
    const answer = await app.inject({ url: '/', headers: { [name]: value } });
    expect(answer.statusCode).toBe(status);
    if (status < 400) expect(answer.headers.etag).toBe(tag);
    if (status >= 400) expect(answer.json().code).toBe(status === 412 ? 'precondition_failed' : 'validation_failed');
    if (status === 304) expect(answer.body).toBe('');
  });

  it.each([
    [{ 'if-modified-since': 'Tue, 01 Dec 2026 10:00:00 GMT' }, 304],
    [{ 'if-modified-since': 'Tue, 01 Dec 2026 10:00:01 GMT' }, 304],
    [{ 'if-modified-since': 'Tue, 01 Dec 2026 09:59:59 GMT' }, 200],
    [{ 'if-modified-since': 'Tue, 01 Dec 2026 10:00:00 GMT', 'if-none-match': '"x"' }, 200],
    [{ 'if-modified-since': '2026-12-01T10:00:00Z' }, 200],
    [{ 'if-modified-since': 'Tue, 99 Dec 2026 10:00:00 GMT' }, 200],
    [{ 'if-unmodified-since': 'Tue, 01 Dec 2026 10:00:00 GMT' }, 200],
    [{ 'if-unmodified-since': 'Tue, 01 Dec 2026 09:59:59 GMT' }, 412],
    [{ 'if-unmodified-since': 'Tue, 01 Dec 2026 09:59:59 GMT', 'if-match': tag }, 200],
    [{ 'if-unmodified-since': 'yesterday' }, 200],
  ])('with a time, %j is answered with %s', async (headers, status) => {
    const answer = await app.inject({ url: '/dated', headers: { ...headers } });
    expect(answer.statusCode).toBe(status);
    if (status < 400) expect(answer.headers['last-modified']).toBe('Tue, 01 Dec 2026 10:00:00 GMT');
  });

  it('goes by If-Match before If-None-Match', async () => {
    const headers = { 'if-match': '"other"', 'if-none-match': tag };
    expect((await app.inject({ url: '/', headers })).statusCode).toBe(412);
  });

  it.each([
    [undefined, true],
    [tag, true],
    [`W/${tag}`, false],
    ['"x"', false],
    ['Sun, 06 Nov 1994 08:49:37 GMT', false],
  ])('If-Range %s: %s', (header, fits) => {
    expect(isRangeOfCurrent(header, tag)).toBe(fits);
  });
});

describe('the If-Match of a change', () => {
  it.each([
    [undefined, undefined],
    ['*', 'any'],
    ['"3"', [3]],
    ['"3.9"', [3]],
    [tag, [2]],
    [`W/${tag}`, [2]],
    ['"1", "abc","2.x_-y"', [1, 2]],
    [', "1" ,, "2" ,', [1, 2]],
    ['"a,b", "4"', [4]],
    ['"1,2"', []],
    ['"1234567890"', []],
    ['"-1", "+1", "1e1", "0x1", "1."', []],
  ])('%s asks for %s', (header, expected) => {
    expect(readIfMatch(header)).toEqual(expected);
  });

  it.each([
    '',
    ' ',
    ',',
    '3',
    '"3',
    '3"',
    'W/3',
    'w/"3"',
    'W /"3"',
    '"1" "2"',
    '"1";"2"',
    '"a b"',
    '*, "1"',
    '"\u{1f600}"',
  ])('%j is refused', (header) => {
    expect(() => readIfMatch(header)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });

  it.each(['"', ',', ' ', '"a" ', '" ', 'W/', ', '])('%j many times is refused', (part) => {
    const header = part.repeat(16_384 / part.length);
    expect(() => readIfMatch(header)).toThrow(expect.objectContaining({ code: 'validation_failed' }));
  });
});
