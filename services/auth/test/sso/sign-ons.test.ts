import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { claimsOf, refusal, startAuth } from '../support/auth-under-test.ts';

const SITE_A = 'a.gaia.test';
const SITE_B = 'b.gaia.test';

async function prepared() {
  const auth = await startAuth();
  const member = await auth.member({ site: SITE_A });
  const { access_token: admin } = await auth.login();
  await auth.post('/auth/sites', { id: SITE_B, name: 'B' }, admin);
  await auth.send('PUT', `/auth/sites/${SITE_B}/members/${member.id}`, admin, { roles: ['editor'] });
  const tokens = await auth.login({ email: member.email, password: member.password, site: SITE_A });
  const verifier = randomBytes(32).toString('base64url');
  const nonce = createHash('sha256').update(verifier).digest('base64url');
  const handOver = (host = SITE_B) => auth.post('/auth/sso/hand-over', { host, nonce }, tokens.access_token);
  const exchange = (token: string, given = verifier) => auth.post('/auth/sso/exchange', { token, verifier: given });
  return { auth, tokens, handOver, exchange };
}

it.each([
  [true, true],
  [false, undefined],
  [undefined, undefined],
])('takes the wish to stay signed in (%s) along', async (remember, expected) => {
  const { auth, tokens } = await prepared();
  await using _ = auth;
  const body = { host: SITE_B, nonce: 'A'.repeat(43), remember };
  const { token } = (await auth.post('/auth/sso/hand-over', body, tokens.access_token)).json();
  expect(claimsOf(token).remember).toBe(expected);
  const refused = await auth.post('/auth/sso/hand-over', { ...body, remember: 'yes' }, tokens.access_token);
  expect(refusal(refused)).toEqual({ status: 400, code: 'validation_failed' });
});

it('hands a sign-on over, once, to the browser that asked, and ends it on all sites', async () => {
  const { auth, tokens, handOver, exchange } = await prepared();
  await using _ = auth;
  const handed = await handOver();
  expect(handed.statusCode, handed.body).toBe(200);
  const { token, origin } = handed.json();
  expect(origin).toBe(`http://${SITE_B}:8080`);
  expect(claimsOf(token)).toMatchObject({ aud: origin, site: SITE_B, sid: claimsOf(tokens.access_token).sid });
  expect(claimsOf(token)).not.toHaveProperty('remember');

  const granted = await exchange(token);
  expect(granted.statusCode, granted.body).toBe(200);
  const there = granted.json();
  expect(claimsOf(there.access_token)).toMatchObject({ site: SITE_B, roles: ['editor'] });
  expect(claimsOf(there.access_token).auth_time).toBe(claimsOf(tokens.access_token).auth_time);
  expect(refusal(await exchange(token))).toEqual({ status: 401, code: 'token_revoked' });
  expect(refusal(await auth.get('/auth/me', token))).toEqual({ status: 401, code: 'token_invalid' });

  const ended = await auth.post('/auth/sso/logout', { refresh_token: there.refresh_token });
  expect(ended.statusCode).toBe(204);
  await auth.revoked(tokens.access_token);
  await auth.revoked(there.access_token);

  const { sid: began, sub } = claimsOf(tokens.access_token);
  const { access_token: admin } = await auth.login();
  const audited = async (action: string) => (await auth.get(`/auth/audit?action=${action}`, admin)).json().items;
  expect(await audited('sign_on.hand_over')).toMatchObject([
    { outcome: 'ok', actor: sub, session: began, site: SITE_B, details: { from: SITE_A } },
  ]);
  expect(await audited('sign_on.open')).toMatchObject([
    { outcome: 'refused', actor: sub, site: SITE_B, details: { reason: 'used' } },
    { outcome: 'ok', actor: sub, site: SITE_B, details: { from: SITE_A, opened: claimsOf(there.access_token).sid } },
  ]);
  expect(await audited('sign_on.end')).toMatchObject([
    { outcome: 'ok', actor: sub, target: sub, details: { sites: [SITE_A, SITE_B] } },
  ]);
});

it('refuses another verifier, and the right one after it; sites that are not the user’s; a login that has ended', async () => {
  const { auth, tokens, handOver, exchange } = await prepared();
  await using _ = auth;
  const { token } = (await handOver()).json();
  expect(refusal(await exchange(token, randomBytes(32).toString('base64url')))).toEqual({
    status: 401,
    code: 'token_invalid',
  });
  expect(refusal(await exchange(token))).toEqual({ status: 401, code: 'token_revoked' });
  expect(refusal(await handOver('nowhere.gaia.test'))).toEqual({ status: 404, code: 'site_not_found' });
  const { token: later } = (await handOver()).json();
  await auth.post('/auth/logout', { refresh_token: tokens.refresh_token });
  expect(refusal(await exchange(later))).toEqual({ status: 401, code: 'token_revoked' });
});

it('takes the token for sixty seconds, and not for one more: nobody’s clock but its own says so', async () => {
  const { auth, handOver, exchange } = await prepared();
  await using _ = auth;
  const [intime, late] = [(await handOver()).json(), (await handOver()).json()];
  auth.clock.advance(59_500);
  expect((await exchange(intime.token)).statusCode).toBe(200);
  auth.clock.advance(500);
  expect(refusal(await exchange(late.token))).toEqual({ status: 401, code: 'token_expired' });
});
