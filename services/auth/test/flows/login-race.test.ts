import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type AuthUnderTest,
  refusal,
  sharedHashThreads,
  startAuth,
  type TestMember,
} from '../support/auth-under-test.ts';

let auth: AuthUnderTest;
let admin: string;
/** Runs once, after a password has been found right and before the login goes on. */
let meanwhile: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const shared = sharedHashThreads();
  auth = await startAuth({
    hashThreads: {
      ...shared,
      async verify(passwordHash, password) {
        const isRight = await shared.verify(passwordHash, password);
        const act = meanwhile;
        meanwhile = undefined;
        await act?.();
        return isRight;
      },
    },
  });
  admin = (await auth.login()).access_token;
});
afterAll(() => auth[Symbol.asyncDispose]());

interface Race {
  readonly what: string;
  readonly refused: { readonly status: number; readonly code: string };
  act(user: TestMember): Promise<Answer>;
}

const races: readonly Race[] = [
  {
    what: 'the user is disabled',
    refused: { status: 401, code: 'invalid_credentials' },
    act: ({ id }) => auth.send('PATCH', `/auth/users/${id}`, admin, { disabled: true }),
  },
  {
    what: 'the user is deleted',
    refused: { status: 401, code: 'invalid_credentials' },
    act: ({ id }) => auth.send('DELETE', `/auth/users/${id}`, admin),
  },
  {
    what: 'the membership ends',
    refused: { status: 403, code: 'not_a_member' },
    act: ({ id, site }) => auth.send('DELETE', `/auth/sites/${site}/members/${id}`, admin),
  },
];

describe.each(races)('a login during which $what', ({ act, refused }) => {
  it('is refused, audited, and leaves no session', async () => {
    const user = await auth.member({ site: 'site-a.localhost' });
    meanwhile = async () => {
      expect((await act(user)).statusCode).toBeLessThan(300);
    };
    const { email, password, site } = user;
    expect(refusal(await auth.post('/auth/login', { email, password, site }))).toEqual(refused);
    expect(await auth.state.families.listBySubject(user.id, auth.clock.now())).toEqual([]);
    const audited = await auth.get('/auth/audit?action=session.open&limit=1', admin);
    expect(audited.json().items[0]).toMatchObject({
      outcome: 'refused',
      target: user.id,
      details: { reason: refused.code },
    });
  });
});

describe('a login during which the password is changed', () => {
  it('with the former password is refused and leaves no session but the one that changed it', async () => {
    const { id, email, password, site } = await auth.provedMember({ site: 'site-a.localhost' });
    const { access_token: own } = await auth.login({ email, password, site });
    meanwhile = async () => {
      const change = { current_password: password, password: 'another quiet lantern 77' };
      expect((await auth.post('/auth/me/password', change, own)).statusCode).toBe(204);
    };
    expect(refusal(await auth.post('/auth/login', { email, password, site }))).toEqual({
      status: 401,
      code: 'invalid_credentials',
    });
    expect(await auth.state.families.listBySubject(id, auth.clock.now())).toHaveLength(1);
  });
});

it('a login with a wrong password is refused and leaves no session', async () => {
  const { id, email, site } = await auth.member({ site: 'site-a.localhost' });
  const answer = await auth.post('/auth/login', { email, password: 'not the password at all', site });
  expect(refusal(answer)).toEqual({ status: 401, code: 'invalid_credentials' });
  expect(await auth.state.families.listBySubject(id, auth.clock.now())).toEqual([]);
});
