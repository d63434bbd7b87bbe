import { Readable } from 'node:stream';
import { type RefusalReason, refusals } from '@gaia/jwt/refusal';
import { createTestIssuer, type TestIssuer } from '@gaia/testing/issuer';
import { MAX_TOKEN_BYTES, type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refusalAdvice } from '../../src/token/refusal-advice.ts';
import { fakeTerminal, type Run, runGaia } from '../run-gaia.ts';

let issuer: TestIssuer;
let server: Awaited<ReturnType<TestIssuer['listen']>>;

beforeAll(async () => {
  issuer = await createTestIssuer({ now: () => Date.parse('2026-01-31T12:00:00Z') });
  server = await issuer.listen();
});
afterAll(() => server.close());

function inspect(token: string, ...options: readonly string[]): Promise<Run> {
  const args = ['token', 'inspect', '-', '--jwks', server.url, '--issuer', issuer.issuer, ...options];
  return runGaia(args, { input: token, now: issuer.now });
}

const base64 = (text: string | Buffer) => Buffer.from(text).toString('base64url');
const withPart = (index: number, part: string) => issuer.tokenFor().split('.').with(index, part).join('.');
const now = () => Math.floor(issuer.now() / 1_000);

/** One token for every check that looks at a token. */
const refused: readonly [RefusalReason, () => string][] = [
  ['bearer_syntax', () => 'not a token'],
  ['token_too_long', () => `${issuer.tokenFor()}${'A'.repeat(MAX_TOKEN_BYTES)}`],
  ['not_three_parts', () => issuer.tokenFor().split('.').slice(0, 2).join('.')],
  ['encoding_not_canonical', () => `${issuer.tokenFor()}=`],
  ['not_utf8', () => withPart(1, base64(Buffer.from([0xff, 0xfe])))],
  ['not_json', () => withPart(0, base64('no JSON'))],
  ['nested_too_deep', () => withPart(1, base64(`{"a":${'['.repeat(20)}${']'.repeat(20)}}`))],
  ['name_escaped', () => withPart(1, base64('{"s\\u0075b":"a"}'))],
  ['member_repeated', () => withPart(1, base64('{"sub":"a","sub":"b"}'))],
  ['algorithm_not_allowed', () => issuer.tokenFor({ header: { alg: 'none' } })],
  ['type_not_allowed', () => issuer.tokenFor({ header: { typ: 'JWT' } })],
  ['header_not_allowed', () => issuer.tokenFor({ header: { jku: 'https://evil.example' } })],
  ['kid_unusable', () => issuer.tokenFor({ header: { kid: undefined } })],
  ['issuer_unknown', () => issuer.tokenFor({ claims: { iss: 'https://other.example' } })],
  ['key_unknown', () => issuer.tokenFor({ header: { kid: 'unknown' } })],
  ['signature_wrong', () => withPart(1, base64(JSON.stringify({ ...issuer.claimsFor(), sub: 'somebody else' })))],
  ['claim_missing', () => issuer.tokenFor({ claims: { client_id: undefined } })],
  ['claim_malformed', () => issuer.tokenFor({ claims: { exp: String(now() + 60) } })],
  ['audience_wrong', () => issuer.tokenFor({ audience: 'another' })],
  ['expired', () => issuer.tokenFor({ claims: { iat: now() - 900, nbf: now() - 900 }, expiresIn: -31 })],
  ['not_yet_valid', () => issuer.tokenFor({ claims: { nbf: now() + 60 } })],
  ['issued_in_future', () => issuer.tokenFor({ claims: { iat: now() + 60, nbf: undefined } })],
  ['lifetime_too_long', () => issuer.tokenFor({ expiresIn: 86_401 })],
];

/** Checks that look at a request's headers, or that no published key of ours can fail. */
const notOfATokenAlone: readonly RefusalReason[] = [
  'authorization_missing',
  'scheme_not_bearer',
  'authorization_repeated',
  'algorithm_not_of_key',
];
/** Only a running suite knows these; see token-inspect-suite.test.ts. */
const revocations = Object.keys(refusals).filter((reason) => refusals[reason as RefusalReason][0] === 'token_revoked');

describe('gaia token inspect', () => {
  it('knows every check of the verifier', () => {
    const named = [...refused.map(([reason]) => reason), ...notOfATokenAlone, ...revocations];
    expect(named.toSorted()).toEqual(Object.keys(refusals).toSorted());
  });

  it.each(refused)('names the check that refuses: %s', async (reason, token) => {
    const { code, out } = await inspect(token());
    expect(out).toContain(`REFUSED  ${reason} (${refusals[reason][0]}): ${refusals[reason][1]}\n`);
    expect(out).toContain(refusalAdvice[reason]);
    expect(code).toBe(1);
  });

  it.each(refused)('tells a script the check that refuses: %s', async (reason, token) => {
    const { code, out } = await inspect(token(), '--json');
    expect(JSON.parse(out)).toMatchObject({ accepted: false, reason, code: refusals[reason][0] });
    expect(code).toBe(1);
  });

  it('shows a good token with readable times', async () => {
    const { code, out, err } = await inspect(issuer.tokenFor({ subject: 'u1', role: 'editor' }));
    expect(out).toContain('This is an access token; every service can verify it, offline.');
    expect(out).toMatch(/^ {2}sub\s+u1$/m);
    expect(out).toMatch(/^ {2}exp\s+1769861700 {2}\(2026-01-31 12:15:00 UTC, .*in 15 min\)$/m);
    expect(out).toContain('VALID  signature, claims and times are right\n  It expires in 15 min.\n');
    expect(out).toContain('Whether it was revoked was not asked');
    expect(err).toBe('');
    expect(code).toBe(0);
  });

  it.each((Object.keys(tokenPurposes) as TokenPurposeName[]).filter((name) => name !== 'access'))(
    'recognises a token of another purpose: %s',
    async (name) => {
      const {
        typ,
        algorithms: [algorithm],
      } = tokenPurposes[name];
      const { code, out } = await inspect(issuer.tokenFor({ header: { typ, alg: algorithm } }), '--json');
      const reason = algorithm === 'RS256' ? 'type_not_allowed' : 'algorithm_not_allowed';
      expect(JSON.parse(out)).toMatchObject({ purpose: name, accepted: false, reason });
      expect(code).toBe(1);
    },
  );

  it('says who can verify a refresh token', async () => {
    const { out } = await inspect(issuer.tokenFor({ header: { typ: 'application/RT+JWT', alg: 'HS256' } }));
    expect(out).toContain('This is a refresh token; only auth can verify it.');
  });

  it('says what an encrypted token is', async () => {
    const header = base64('{"alg":"RSA-OAEP","enc":"A256GCM"}');
    expect((await inspect(`${header}.a.b.c.d`)).out).toContain('encrypted token (JWE');
  });

  it('takes another audience, and several', async () => {
    const token = issuer.tokenFor({ audience: 'search' });
    expect((await inspect(token, '--audience', 'search')).code).toBe(0);
    expect((await inspect(token, '--audience', 'cms', '--audience', 'search')).code).toBe(0);
    expect((await inspect(token, '--audience', 'cms')).code).toBe(1);
  });

  it('finds the issuer by the URL of its keys', async () => {
    const own = await createTestIssuer({ issuer: new URL(server.url).origin, signingKey: issuer.key, now: issuer.now });
    const args = ['token', 'inspect', '-', '--jwks', server.url];
    expect((await runGaia(args, { input: own.tokenFor(), now: own.now })).code).toBe(0);
  });

  it.each<[string, (token: string) => string]>([
    ['a header', (token) => `Authorization: Bearer ${token}`],
    ['the scheme', (token) => `bearer ${token}\n`],
    ['quotes', (token) => `  "${token}"\r\n`],
    ["the token endpoint's answer", (token) => JSON.stringify({ access_token: token, refresh_token: 'x' })],
  ])('takes a token out of %s', async (_name, wrap) => {
    expect((await inspect(wrap(issuer.tokenFor()))).code).toBe(0);
  });

  it('warns of a token on the command line, and verifies it all the same', async () => {
    const token = issuer.tokenFor();
    const args = ['token', 'inspect', token, '--jwks', server.url, '--issuer', issuer.issuer];
    const { code, err } = await runGaia(args, { now: issuer.now });
    expect(err).toContain("stays in the shell's history");
    expect(err).not.toContain(token);
    expect(code).toBe(0);
  });

  it('asks for the token on a terminal without showing it', async () => {
    const token = issuer.tokenFor();
    const terminal = fakeTerminal({ 'Token: ': `${token}\r` });
    const args = ['token', 'inspect', '--jwks', server.url, '--issuer', issuer.issuer];
    const { code, out } = await runGaia(args, { ...terminal, now: issuer.now });
    expect(out).toContain('VALID');
    expect(terminal.shown()).toBe('Token: \n');
    expect(code).toBe(0);
  });

  it('lets no claim steer the terminal', async () => {
    const hostile = 'a\u001b[2J\u009b31m\u202eb';
    const token = issuer.tokenFor({ claims: { name: hostile, [hostile]: 1 }, header: { cty: hostile } });
    for (const options of [[], ['--json']]) {
      const { out } = await inspect(token, ...options);
      expect(out).toContain('\\u001b[2J\\u009b31m\\u202eb');
      expect(out).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('gaia token inspect, wrong use', () => {
  it.each([
    ['no issuer for foreign keys', ['-', '--jwks', 'https://id.example.com/keys'], '--issuer must be given'],
    [
      'two sources',
      ['-', '--jwks', 'https://a.example/k', '--url', 'https://a.example'],
      "option '--jwks <url>' cannot be used with option '--url <url>'",
    ],
    ['no URL', ['-', '--url', 'localhost:8080'], '--url must be a URL'],
    ['a URL with credentials', ['-', '--url', 'http://a:b@localhost'], '--url must be a URL'],
    ['nothing on standard input', ['-'], 'there is no token'],
    ['two tokens', ['eyJhbGciOiJub25lIn0.e30.', 'eyJhbGciOiJub25lIn0.e30.'], 'too many arguments'],
  ])('%s', async (_name, args, message) => {
    const { code, out, err } = await runGaia(['token', 'inspect', ...args]);
    expect(code).toBe(2);
    expect(err).toContain(message);
    expect(err).not.toContain('eyJ');
    expect(out).toBe('');
  });

  it('says that the keys cannot be had', async () => {
    const token = issuer.tokenFor();
    const { code, out, err } = await runGaia(
      ['token', 'inspect', '-', '--jwks', 'http://127.0.0.1:1/keys', '--issuer', issuer.issuer],
      { input: token, now: issuer.now },
    );
    expect(code).toBe(1);
    expect(err).toContain('keys of the issuer cannot be had from http://127.0.0.1:1/keys');
    expect(out + err).not.toContain(token);
  });
});

describe('gaia token inspect, garbage', () => {
  const deep = base64('['.repeat(5_000));
  it.each<[string, string | Buffer]>([
    ['a megabyte', 'A'.repeat(1_048_576)],
    ['a megabyte of dots', '.'.repeat(1_048_576)],
    ['bytes', Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index * 31) % 256))],
    ['only dots', '..'],
    ['deep nesting', `${deep}.${deep}.${deep}`],
    ['a header that is a list', `${base64('[1]')}.${base64('null')}.AA`],
    ['__proto__', `${base64('{"__proto__":{"typ":"at+jwt"}}')}.${base64('{"constructor":1,"exp":1e400}')}.AA`],
    ['half JSON', '{"access_token":'],
    ['times out of bounds', `${base64('{"typ":"at+jwt"}')}.${base64('{"exp":1e300,"iat":-1e300,"nbf":"x"}')}.AA`],
  ])('%s is refused, never a crash', async (_name, input) => {
    const { code, out, err } = await runGaia(['token', 'inspect', '-'], { input, fetch: noFetch });
    expect(out).toMatch(/^REFUSED {2}[a-z_0-9]+ \(token_[a-z]+\)/m);
    expect(err).toBe('');
    expect(code).toBe(1);
    expect(out.length).toBeLessThan(10_000);
  });

  it('shows nothing of what is nested without end', async () => {
    const deep = base64(`{"a":${'['.repeat(2_900)}${']'.repeat(2_900)}}`);
    const { code, out } = await runGaia(['token', 'inspect', '-', '--json'], {
      input: `${deep}.e30.AA`,
      fetch: noFetch,
    });
    expect(JSON.parse(out)).toMatchObject({ reason: 'nested_too_deep', header: null, payload: {} });
    expect(code).toBe(1);
  });

  it('does not read more of standard input than it needs', async () => {
    let produced = 0;
    async function* long() {
      for (; produced < 1_000; produced += 1) yield Buffer.alloc(16_384, 'A');
    }
    const stdin = Readable.from(long());
    const { out } = await runGaia(['token', 'inspect', '-'], { stdin, fetch: noFetch });
    expect(out).toContain('REFUSED  token_too_long');
    expect(produced).toBeLessThan(64);
    expect(stdin.destroyed).toBe(true);
  });
});

const noFetch: typeof globalThis.fetch = async () => {
  throw new Error('garbage must not cause a request');
};
