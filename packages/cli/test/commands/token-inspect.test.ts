import { Readable } from 'node:stream';
import { type RefusalReason, refusals } from '@gaia/jwt/refusal';
import { createTestIssuer, type TestIssuer } from '@gaia/testing/issuer';
import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** One token for every check that looks at a token, with what is said of it. */
const refused: readonly [verdict: string, advice: string, token: () => string][] = [
  [
    'REFUSED  bearer_syntax (token_malformed): the Authorization header is not Bearer and one token',
    'It has characters that no token has; look for a space, a comma or a line break from copying.',
    () => 'not a token',
  ],
  [
    'REFUSED  token_too_long (token_malformed): the token is longer than 8192 bytes',
    'It cannot be an access token; look at what was copied, or give the user fewer roles.',
    () => `${issuer.tokenFor()}${'A'.repeat(MAX_TOKEN_BYTES)}`,
  ],
  [
    'REFUSED  not_three_parts (token_malformed): the token does not have three parts',
    'An access token has three parts with dots between them; it was cut off, or is something else.',
    () => issuer.tokenFor().split('.').slice(0, 2).join('.'),
  ],
  [
    'REFUSED  encoding_not_canonical (token_malformed): a part of the token is not canonical base64url',
    'A part was changed or re-encoded (padding, "+" or "/"); use the token exactly as issued.',
    () => `${issuer.tokenFor()}=`,
  ],
  [
    'REFUSED  not_utf8 (token_malformed): a part of the token is not UTF-8',
    'The bytes are damaged; use the token exactly as issued.',
    () => withPart(1, base64(Buffer.from([0xff, 0xfe]))),
  ],
  [
    'REFUSED  not_json (token_malformed): a part of the token is not a JSON object',
    'The text is damaged or is no JWT; use the token exactly as issued.',
    () => withPart(0, base64('no JSON')),
  ],
  [
    'REFUSED  nested_too_deep (token_malformed): a part of the token is nested too deeply',
    'No honest issuer makes such a token; find out where it comes from.',
    () => withPart(1, base64(`{"a":${'['.repeat(20)}${']'.repeat(20)}}`)),
  ],
  [
    'REFUSED  name_escaped (token_malformed): a part of the token has a name that is written with escapes',
    'Two readers could read it differently; its maker must write the names of members without escapes.',
    () => withPart(1, base64('{"s\\u0075b":"a"}')),
  ],
  [
    'REFUSED  member_repeated (token_malformed): a part of the token has a member twice',
    'Two readers could read it differently; its maker must write every member once.',
    () => withPart(1, base64('{"sub":"a","sub":"b"}')),
  ],
  [
    'REFUSED  algorithm_not_allowed (token_invalid): the algorithm of the token is not allowed',
    'Access tokens are RS256 and nothing else; this one is of another kind or is forged.',
    () => issuer.tokenFor({ header: { alg: 'none' } }),
  ],
  [
    'REFUSED  type_not_allowed (token_invalid): the token is of another type',
    'Access tokens have typ at+jwt (RFC 9068); present a token of this kind only where it is meant for.',
    () => issuer.tokenFor({ header: { typ: 'JWT' } }),
  ],
  [
    'REFUSED  header_not_allowed (token_invalid): the header of the token has a parameter that is not allowed',
    'crit, b64, jku, jwk, x5u and x5c are refused: a token must not bring its own key or rules.',
    () => issuer.tokenFor({ header: { jku: 'https://evil.example' } }),
  ],
  [
    'REFUSED  kid_unusable (token_invalid): the header of the token names no key',
    'The header must name the signing key in kid; its maker must add it.',
    () => issuer.tokenFor({ header: { kid: undefined } }),
  ],
  [
    'REFUSED  issuer_unknown (token_invalid): the issuer of the token is not trusted here',
    'It comes from another issuer than is trusted here; if that is right, name its issuer with --issuer.',
    () => issuer.tokenFor({ claims: { iss: 'https://other.example' } }),
  ],
  [
    'REFUSED  key_unknown (token_invalid): the key of the token is not one of its issuer',
    'Its key is not (or no longer) published there; log in again, or look whether this is the right suite.',
    () => issuer.tokenFor({ header: { kid: 'unknown' } }),
  ],
  [
    'REFUSED  signature_wrong (token_invalid): the signature of the token does not verify',
    'It was changed after it was signed, or signed with another key; do not trust anything in it.',
    () => withPart(1, base64(JSON.stringify({ ...issuer.claimsFor(), sub: 'somebody else' }))),
  ],
  [
    'REFUSED  claim_missing (token_invalid): a required claim of the token is missing',
    'iss, sub, aud, exp, iat, jti and client_id must be there (RFC 9068 §2.2); its maker must add what is not.',
    () => issuer.tokenFor({ claims: { client_id: undefined } }),
  ],
  [
    'REFUSED  claim_malformed (token_malformed): a claim of the token has a value of the wrong kind',
    'A claim has the wrong type, such as a time that is a string; its maker must correct it.',
    () => issuer.tokenFor({ claims: { exp: String(now() + 60) } }),
  ],
  [
    'REFUSED  audience_wrong (token_invalid): the token is for another audience',
    'It was made for another service; ask for one with this audience, or name the expected one with --audience.',
    () => issuer.tokenFor({ audience: 'another' }),
  ],
  [
    'REFUSED  expired (token_expired): the token has expired',
    'Get a new one: refresh, or log in again. If it should still live, compare the clocks.',
    () => issuer.tokenFor({ claims: { iat: now() - 900, nbf: now() - 900 }, expiresIn: -31 }),
  ],
  [
    'REFUSED  not_yet_valid (token_invalid): the token is not valid yet',
    'Wait until nbf, or compare the clocks of this machine and of its issuer.',
    () => issuer.tokenFor({ claims: { nbf: now() + 60 } }),
  ],
  [
    'REFUSED  issued_in_future (token_invalid): the token was issued in the future',
    'Compare the clocks of this machine and of its issuer; more than 30 s apart is refused.',
    () => issuer.tokenFor({ claims: { iat: now() + 60, nbf: undefined } }),
  ],
  [
    'REFUSED  lifetime_too_long (token_invalid): the token lives longer than is allowed',
    'Ask for a shorter life: a token of more than a day would outlive its revocation.',
    () => issuer.tokenFor({ expiresIn: 86_401 }),
  ],
];

/** Checks that look at a request's headers, or that no published key of ours can fail. */
const notOfATokenAlone: readonly RefusalReason[] = [
  'authorization_missing',
  'scheme_not_bearer',
  'authorization_repeated',
  'algorithm_not_of_key',
];
/** Only a running suite knows these; see token-inspect-suite.test.ts. */
const revocations: readonly RefusalReason[] = [
  'session_ended',
  'actor_session_ended',
  'subject_not_before',
  'key_revoked',
  'token_revoked',
  'all_not_before',
];

describe('gaia token inspect', () => {
  it('knows every check of the verifier', () => {
    const named = [...refused.map(([verdict]) => verdict.split(' ')[2]), ...notOfATokenAlone, ...revocations];
    expect(named.toSorted()).toEqual(Object.keys(refusals).toSorted());
  });

  it.each(refused)('names the check that refuses, and says what to do: %s', async (verdict, advice, token) => {
    const { code, out } = await inspect(token());
    expect(out).toContain(`${verdict}\n  ${advice}\n`);
    expect(code).toBe(1);
  });

  it.each(refused)('tells a script the same: %s', async (verdict, advice, token) => {
    const { code, out } = await inspect(token(), '--json');
    const [, reason, refusal, message] = /^REFUSED {2}(\w+) \((\w+)\): (.+)$/.exec(verdict) ?? [];
    expect(JSON.parse(out)).toMatchObject({ accepted: false, reason, code: refusal, message, advice });
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

  it.each([
    ['refresh', 'rt+jwt', 'HS256', 'algorithm_not_allowed', 'a refresh token; only auth can verify it'],
    [
      'siteHandOver',
      'sso+jwt',
      'RS256',
      'type_not_allowed',
      'a site hand-over token; only the gateway of the site that it names takes it, once',
    ],
    ['passwordReset', 'reset+jwt', 'RS256', 'type_not_allowed', 'a password reset token; only auth takes it, once'],
    [
      'emailVerification',
      'verify+jwt',
      'RS256',
      'type_not_allowed',
      'an e-mail verification token; only auth takes it, once',
    ],
    [
      'emailChange',
      'email-change+jwt',
      'RS256',
      'type_not_allowed',
      'a change of address token; only auth takes it, once',
    ],
    ['invitation', 'invitation+jwt', 'HS256', 'algorithm_not_allowed', 'an invitation token; only auth takes it, once'],
    [
      'fileDownload',
      'download+jwt',
      'HS256',
      'algorithm_not_allowed',
      'a file download token; only assets can verify it',
    ],
    [
      'webhook',
      'webhook+jwt',
      'HS256',
      'algorithm_not_allowed',
      "a webhook's token; only the webhook that shares its secret with the sender can verify it",
    ],
    [
      'clientAssertion',
      'client-authentication+jwt',
      'RS256',
      'type_not_allowed',
      "a client's assertion; only auth takes it, once",
    ],
  ])('recognises a token of another purpose: %s', async (purpose, typ, alg, reason, sentence) => {
    const token = issuer.tokenFor({ header: { typ, alg } });
    const { code, out } = await inspect(token);
    expect(out).toContain(`This is ${sentence}.\n`);
    expect(out).toContain(`REFUSED  ${reason} (token_invalid)`);
    expect(code).toBe(1);
    const json = JSON.parse((await inspect(token, '--json')).out);
    expect(json).toMatchObject({ purpose, accepted: false, reason });
  });

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
