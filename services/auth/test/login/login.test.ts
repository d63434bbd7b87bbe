import { describe, expect, it, vi } from 'vitest';
import type { Confirmation } from '../../src/login/finalisation.ts';
import { createLogin, type LoginOptions } from '../../src/login/login.ts';

const USER = {
  id: '019aa5b2-0000-7000-8000-000000000001',
  email: 'ann@gaia.test',
  passwordHash: 'hash',
  credentialVersion: 3,
  disabled: false,
};
const PROFILE = { id: USER.id, email: USER.email, emailVerified: true, username: null, name: '', administrator: false };
const FAMILY = { sid: 'sid-1', sub: USER.id };
const ACCESS = { site: 'site-a.localhost', roles: ['member'], scopes: ['content:read'] };
const REQUEST = {
  name: 'ann@gaia.test',
  password: 'right',
  site: 'site-a.localhost',
  hostSite: undefined,
  address: '203.0.113.7',
  userAgent: 'a browser',
  by: {
    subject: undefined,
    actingParty: undefined,
    sessionId: undefined,
    address: '203.0.113.7',
    requestId: 'request-1',
  },
};

/** A login whose steps are noted, with a right password unless said otherwise. */
function prepared(confirm: () => Promise<Confirmation>, isRight = true) {
  const steps: string[] = [];
  const step = <T>(name: string, answer: T) =>
    vi.fn(async (): Promise<T> => {
      steps.push(name);
      return answer;
    });
  const options = {
    accounts: {
      findByLoginName: step('find', USER),
      firstSite: step('first site', ACCESS.site),
      replaceHash: step('', undefined),
    },
    passwords: { verify: step('verify', isRight), rehash: step('rehash', undefined) },
    sessions: {
      begin: step('begin', FAMILY),
      abandon: step('abandon', undefined),
      grant: vi.fn(() => {
        steps.push('grant');
        return { accessToken: 'token' };
      }),
    },
    throttle: { attempt: step('attempt', undefined), succeeded: step('succeeded', undefined) },
    issueTimes: { next: step('time', 1_900_000_000) },
    devices: { seen: step('device', undefined) },
    refusedAttempts: { note: step('note', undefined) },
    audit: { note: step('refusal audited', undefined) },
    confirm: vi.fn(async () => {
      steps.push('confirm');
      return confirm();
    }),
  };
  return { login: createLogin(options as unknown as LoginOptions), steps, options };
}

describe('a login', () => {
  it('takes its time before its rights are read, and is granted once it is confirmed', async () => {
    const { login, steps, options } = prepared(async () => ({ user: PROFILE, access: ACCESS, isDeviceKnown: true }));
    expect(await login(REQUEST)).toEqual({ accessToken: 'token' });
    expect(steps).toEqual(['find', 'attempt', 'verify', 'time', 'begin', 'succeeded', 'confirm', 'grant', 'rehash']);
    expect(options.sessions.grant).toHaveBeenCalledWith(FAMILY, PROFILE, ACCESS, 1_900_000_000);
    expect(options.confirm).toHaveBeenCalledWith(
      expect.objectContaining({ user: USER.id, credentialVersion: 3, site: 'site-a.localhost' }),
    );
  });

  it('without a site is for the user’s first', async () => {
    const { login, steps, options } = prepared(async () => ({ user: PROFILE, access: ACCESS, isDeviceKnown: true }));
    await login({ ...REQUEST, site: undefined });
    expect(steps).toContain('first site');
    expect(options.confirm).toHaveBeenCalledWith(expect.objectContaining({ site: ACCESS.site }));
  });

  it('from a device that was not seen lately is remembered', async () => {
    const { login, steps } = prepared(async () => ({ user: PROFILE, access: ACCESS, isDeviceKnown: false }));
    await login(REQUEST);
    expect(steps).toContain('device');
  });

  it.each([
    ['invalid_credentials', 401],
    ['not_a_member', 403],
  ] as const)('that is not confirmed (%s) leaves no session', async (refused, statusCode) => {
    const { login, steps, options } = prepared(async () => ({ refused }));
    await expect(login(REQUEST)).rejects.toMatchObject({ code: refused, statusCode });
    expect(options.sessions.abandon).toHaveBeenCalledWith(FAMILY);
    expect(steps.slice(steps.indexOf('confirm'))).toEqual(['confirm', 'abandon', 'refusal audited']);
  });

  it('that cannot be confirmed leaves no session and says why', async () => {
    const { login, options } = prepared(async () => {
      throw new Error('the database is away');
    });
    await expect(login(REQUEST)).rejects.toThrow('the database is away');
    expect(options.sessions.abandon).toHaveBeenCalledWith(FAMILY);
    expect(options.sessions.grant).not.toHaveBeenCalled();
  });

  it('with a wrong password begins nothing', async () => {
    const { login, steps } = prepared(async () => ({ user: PROFILE, access: ACCESS, isDeviceKnown: true }), false);
    await expect(login(REQUEST)).rejects.toMatchObject({ code: 'invalid_credentials' });
    expect(steps).toEqual(['find', 'attempt', 'verify', 'refusal audited']);
  });
});
