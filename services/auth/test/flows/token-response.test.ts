import { createHash, randomBytes } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Answer, startAuth } from '../support/auth-under-test.ts';

const A = 'a.gaia.test';
const B = 'b.gaia.test';

it('tells with the tokens of a session who its user is now, wherever they come from', async () => {
  await using auth = await startAuth();
  const member = await auth.provedMember({ site: A, roles: ['editor'], name: 'ada' });
  const { access_token: admin } = await auth.login();
  await auth.post('/auth/sites', { id: B, name: B }, admin);
  await auth.send('PUT', `/auth/sites/${B}/members/${member.id}`, admin, { roles: ['member'] });

  let name = 'ada';
  const tokensOf = (response: Answer) => {
    expect(response.statusCode, response.body).toBe(200);
    const { user, ...tokens } = response.json();
    expect(user).toEqual({
      id: member.id,
      email: member.email,
      email_verified: true,
      username: 'ada',
      name,
      administrator: false,
    });
    return tokens;
  };

  const { email, password } = member;
  const first = tokensOf(await auth.post('/auth/login', { email, password, site: A }));
  name = 'Ada Lovelace';
  await auth.send('PATCH', '/auth/me', first.access_token, { name });
  const refreshed = tokensOf(await auth.post('/auth/refresh', { refresh_token: first.refresh_token }));
  const onB = tokensOf(await auth.post('/auth/switch', { site: B }, refreshed.access_token));
  const back = { site: A, refresh_token: refreshed.refresh_token };
  const onA = tokensOf(await auth.post('/auth/switch', back, onB.access_token));
  const again = tokensOf(await auth.post('/auth/reauthenticate', { current_password: password }, onA.access_token));

  const verifier = randomBytes(32).toString('base64url');
  const nonce = createHash('sha256').update(verifier).digest('base64url');
  const handedOver = await auth.post('/auth/sso/hand-over', { host: B, nonce }, again.access_token);
  const last = tokensOf(await auth.post('/auth/sso/exchange', { token: handedOver.json().token, verifier }));
  const { site, roles, scope, sites, ...user } = (await auth.get('/auth/me', last.access_token)).json();
  expect(tokensOf(await auth.post('/auth/refresh', { refresh_token: last.refresh_token }))).toMatchObject({ scope });
  expect({ site, roles, name: user.name, sites: sites.length }).toEqual({ site: B, roles: ['member'], name, sites: 2 });
});
