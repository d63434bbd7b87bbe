import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ADMIN,
  type Answer,
  type AuthUnderTest,
  backends,
  claimsOf,
  refusal,
  startAuth,
  type TestMember,
} from '../support/auth-under-test.ts';
import { mailTo } from '../support/mailbox.ts';

const A = 'site-a.localhost';

const verifiedMember = (auth: AuthUnderTest, roles: readonly string[] = ['member']): Promise<TestMember> =>
  auth.provedMember({ site: A, roles });

const change = (auth: AuthUnderTest, id: string, body: object, token: string) =>
  auth.send('PATCH', `/auth/users/${id}`, token, body);

describe.each(backends)('with state in %s', (backend) => {
  it('a promotion and a demotion end the old tokens at once, are audited and mailed to both sides', async () => {
    await using auth = await startAuth({ backend });
    const user = await verifiedMember(auth);
    const { access_token: admin } = await auth.login();
    const member = await auth.login({ email: user.email, password: user.password });

    const promoted = await change(auth, user.id, { administrator: true }, admin);
    expect(promoted.json()).toMatchObject({ id: user.id, administrator: true });
    await auth.revoked(member.access_token);
    const raised = (await auth.post('/auth/refresh', { refresh_token: member.refresh_token })).json();
    expect((await auth.get('/auth/users', raised.access_token)).statusCode).toBe(200);
    for (const to of [user.email, ADMIN.email]) {
      expect((await mailTo(auth, to, /New administrator/)).text).toContain(`The account ${user.email} is`);
    }

    const demoted = await change(auth, user.id, { administrator: false }, admin);
    expect(demoted.json()).toMatchObject({ id: user.id, administrator: false });
    await auth.revoked(raised.access_token);
    const lowered = (await auth.post('/auth/refresh', { refresh_token: raised.refresh_token })).json();
    expect(refusal(await auth.get('/auth/users', lowered.access_token))).toEqual({
      status: 403,
      code: 'insufficient_scope',
    });
    for (const to of [user.email, ADMIN.email]) await mailTo(auth, to, /No longer an administrator/);

    const { items } = (await auth.get(`/auth/audit?target=${user.id}&action=user.change`, admin)).json();
    expect(items.map((item: { details: object }) => item.details)).toMatchObject([
      { administrator: false },
      { administrator: true },
    ]);
    expect(items[0].actor).toBe(claimsOf(admin).sub);
  });
});

describe('administrators', () => {
  let auth: AuthUnderTest;
  beforeAll(async () => {
    auth = await startAuth();
  });
  afterAll(() => auth[Symbol.asyncDispose]());

  it('the first one counts as verified', async () => {
    const { access_token } = await auth.login();
    expect((await auth.get('/auth/me', access_token)).json().email_verified).toBe(true);
  });

  it.each<[string, number, string, () => Promise<Answer>]>([
    [
      'a user whose address is not verified',
      409,
      'email_unverified',
      async () => {
        const user = await auth.member({ site: A });
        return change(auth, user.id, { administrator: true }, (await auth.login()).access_token);
      },
    ],
    [
      'a disabled user',
      409,
      'user_disabled',
      async () => {
        const user = await verifiedMember(auth);
        const { access_token } = await auth.login();
        await change(auth, user.id, { disabled: true }, access_token);
        return change(auth, user.id, { administrator: true }, access_token);
      },
    ],
    [
      'a user that does not exist',
      404,
      'user_not_found',
      async () => change(auth, randomUUID(), { administrator: true }, (await auth.login()).access_token),
    ],
    [
      'themselves, by the owner of a site',
      403,
      'insufficient_scope',
      async () => {
        const user = await verifiedMember(auth, ['owner']);
        const { access_token } = await auth.login({ email: user.email, password: user.password });
        return change(auth, user.id, { administrator: true }, access_token);
      },
    ],
    [
      'with text for a truth value',
      400,
      'validation_failed',
      async () => {
        const user = await verifiedMember(auth);
        return change(auth, user.id, { administrator: 'yes' }, (await auth.login()).access_token);
      },
    ],
  ])('refuse the promotion of %s', async (_what, status, code, act) => {
    expect(refusal(await act())).toEqual({ status, code });
  });

  type Administrator = { readonly id: string; readonly password: string; readonly token: string };
  const ways: readonly [string, (administrator: Administrator) => Promise<Answer>][] = [
    ['demoted', ({ id, token }) => change(auth, id, { administrator: false }, token)],
    ['disabled', ({ id, token }) => change(auth, id, { disabled: true }, token)],
    ['deleted', ({ password, token }) => auth.post('/auth/me/deletion', { password }, token)],
  ];

  async function newAdministrator(): Promise<Administrator> {
    const user = await verifiedMember(auth);
    await change(auth, user.id, { administrator: true }, (await auth.login()).access_token);
    const { access_token: token } = await auth.login({ email: user.email, password: user.password });
    return { ...user, token };
  }

  it('never all go at the same moment, whichever ways they take', async () => {
    const { sub: root } = claimsOf((await auth.login()).access_token);
    for (const [index, [firstWay, first]] of ways.entries()) {
      for (const [secondWay, second] of ways.slice(index)) {
        const [one, other] = [await newAdministrator(), await newAdministrator()];
        expect((await change(auth, String(root), { disabled: true }, one.token)).statusCode).toBe(200);
        const answers = await Promise.all([first(one), second(other)]);
        const refused = answers.filter((answer) => answer.statusCode >= 300);
        expect(refused.map(refusal), `${firstWay}, ${secondWay}`).toEqual([
          { status: 409, code: 'last_administrator' },
        ]);
        const left = answers[0]?.statusCode === 409 ? one : other;
        expect((await change(auth, String(root), { disabled: false }, left.token)).statusCode).toBe(200);
        await change(auth, left.id, { administrator: false }, (await auth.login()).access_token);
      }
    }
  });
});
