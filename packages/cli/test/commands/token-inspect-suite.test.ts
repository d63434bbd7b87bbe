import { createTestIssuer, type TestIssuer } from '@gaia/testing/issuer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAnswer, type FakeSuite, problem, startFakeSuite } from '../fake-suite.ts';
import { runGaia } from '../run-gaia.ts';

let issuer: TestIssuer;
let suite: FakeSuite;
/** What the suite says of the bearer, by the token's subject. */
const answers: Record<string, FakeAnswer> = {};

beforeAll(async () => {
  suite = await startFakeSuite(() => ({
    'GET /.well-known/jwks.json': () => ({ body: issuer.jwks() }),
    'GET /cms/whoami': ({ authorization }) => answers[subjectOf(authorization)] ?? { body: { sub: 'u1' } },
  }));
  issuer = await createTestIssuer({ issuer: suite.url });
});
afterAll(() => suite.close());

function subjectOf(authorization = ''): string {
  const payload = Buffer.from(authorization.split('.')[1] ?? '', 'base64url').toString('utf8');
  return (JSON.parse(payload) as { sub: string }).sub;
}

const asked = (subject: string) => suite.to('GET /cms/whoami').some((one) => subjectOf(one.authorization) === subject);
const revocations: readonly [reason: string, advice: string][] = [
  ['session_ended', 'The user has logged out or the login was ended; log in again.'],
  [
    'actor_session_ended',
    'A service that acts for the user has lost what it had shown of itself; exchange the token anew.',
  ],
  ['subject_not_before', 'The password was changed or the user disabled after it was issued; log in again.'],
  ['key_revoked', 'The key that signed it was declared compromised; log in again.'],
  ['token_revoked', 'This very token was revoked; log in again.'],
  ['all_not_before', 'Everything issued before a certain time is refused, for example after a restart; log in again.'],
];

describe('gaia token inspect against a running suite', () => {
  it('asks the suite whether a genuine token was revoked', async () => {
    const input = issuer.tokenFor({ subject: 'good' });
    const { code, out } = await runGaia(['token', 'inspect', '-', '--url', suite.url], { input });
    expect(out).toContain('The suite takes it: it was not revoked.');
    expect(asked('good')).toBe(true);
    expect(code).toBe(0);
  });

  it('finds the suite as the suite itself would, in the environment', async () => {
    const input = issuer.tokenFor();
    expect((await runGaia(['token', 'inspect', '-'], { input, env: { PUBLIC_URL: suite.url } })).code).toBe(0);
    const env = { PORT: new URL(suite.url).port };
    const { code, out } = await runGaia(['token', 'inspect', '-', '--json'], { input, env });
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      reason: 'issuer_unknown',
      checked: { issuer: `http://localhost:${env.PORT}` },
    });
    const named = { PORT: env.PORT, GAIA_ISSUER: suite.url };
    expect((await runGaia(['token', 'inspect', '-', '--keys-only'], { input, env: named })).code).toBe(0);
  });

  it.each(revocations)('names why the suite refuses: %s', async (reason, advice) => {
    answers[reason] = problem(401, 'token_revoked', 'The access token has been revoked', { cause: reason });
    const input = issuer.tokenFor({ subject: reason });
    const { code, out } = await runGaia(['token', 'inspect', '-', '--url', suite.url], { input });
    expect(out).toContain(`REFUSED  ${reason} (token_revoked)`);
    expect(out).toContain(`  ${advice}\n`);
    expect(code).toBe(1);
    const json = await runGaia(['token', 'inspect', '-', '--json', '--url', suite.url], { input });
    expect(JSON.parse(json.out)).toMatchObject({
      accepted: false,
      revocation: 'refused',
      reason,
      code: 'token_revoked',
    });
  });

  it('shows what the suite says when it names no check that is known', async () => {
    answers.odd = problem(401, 'token_revoked', 'The access token has been revoked', {
      cause: 'constructor',
      detail: 'The session of the token has ended.',
    });
    const input = issuer.tokenFor({ subject: 'odd' });
    const { code, out } = await runGaia(['token', 'inspect', '-', '--url', suite.url], { input });
    expect(out).toContain('REFUSED  token_revoked (token_revoked)');
    expect(out).toContain('The session of the token has ended.');
    expect(code).toBe(1);
  });

  it('accepts by the keys alone when the suite cannot say, and says so', async () => {
    answers.later = problem(503, 'unavailable', 'A part that this needs does not answer');
    const input = issuer.tokenFor({ subject: 'later' });
    const { code, out } = await runGaia(['token', 'inspect', '-', '--url', suite.url], { input });
    expect(out).toContain('Whether it was revoked could not be found out');
    expect(code).toBe(0);
  });

  it('gives the suite no token that its keys have not verified', async () => {
    const other = await createTestIssuer({ issuer: suite.url });
    const forged = other.tokenFor({ subject: 'forged', header: { kid: issuer.key.kid } });
    const expired = issuer.tokenFor({ subject: 'expired', expiresIn: -31, claims: { iat: 1, nbf: 1 } });
    for (const input of [forged, expired]) {
      expect((await runGaia(['token', 'inspect', '-', '--url', suite.url], { input })).code).toBe(1);
    }
    expect(asked('forged')).toBe(false);
    expect(asked('expired')).toBe(false);
  });

  it('gives the suite no token when it is told not to', async () => {
    const input = issuer.tokenFor({ subject: 'private' });
    const { code } = await runGaia(['token', 'inspect', '-', '--url', suite.url, '--keys-only'], { input });
    expect(code).toBe(0);
    expect(asked('private')).toBe(false);
  });
});
