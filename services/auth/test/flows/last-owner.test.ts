import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Answer, type AuthUnderTest, refusal, startAuth, type TestMember } from '../support/auth-under-test.ts';

let auth: AuthUnderTest;
let admin: string;
let sites = 0;

beforeAll(async () => {
  auth = await startAuth();
});
afterAll(() => auth[Symbol.asyncDispose]());

const LAST_OWNER = { status: 409, code: 'last_owner' };

/** A site of its own with so many owners, each with an access token. */
async function siteWithOwners(count: number) {
  sites += 1;
  const site = `site-${sites}.localhost`;
  const owners = [];
  for (let owner = 0; owner < count; owner += 1) {
    const user = await auth.member({ site, roles: ['owner'] });
    owners.push({ ...user, token: (await auth.login({ email: user.email, password: user.password })).access_token });
  }
  admin = (await auth.login()).access_token;
  return { site, owners };
}

type Owner = TestMember & { readonly token: string };

/** Everything that takes an owner away from a site. */
const doors: readonly [string, (owner: Owner, site: string) => Promise<Answer>][] = [
  ['leaves the site', (owner, site) => auth.send('DELETE', `/auth/sites/${site}/members/${owner.id}`, owner.token)],
  [
    'takes another role',
    (owner, site) => auth.send('PUT', `/auth/sites/${site}/members/${owner.id}`, owner.token, { roles: ['admin'] }),
  ],
  ['deletes the own account', (owner) => auth.post('/auth/me/deletion', { password: owner.password }, owner.token)],
  [
    'is taken off the site by an administrator',
    (owner, site) => auth.send('DELETE', `/auth/sites/${site}/members/${owner.id}`, admin),
  ],
  [
    'is given another role by an administrator',
    (owner, site) => auth.send('PUT', `/auth/sites/${site}/members/${owner.id}`, admin, { roles: ['member'] }),
  ],
  ['is disabled', (owner) => auth.send('PATCH', `/auth/users/${owner.id}`, admin, { disabled: true })],
];

describe.each(doors)('the owner of a site who %s', (_what, act) => {
  it('is refused as the last one and changes nothing', async () => {
    const { site, owners } = await siteWithOwners(1);
    const [owner] = owners as [Owner];
    const refused = await act(owner, site);
    expect(refusal(refused)).toEqual(LAST_OWNER);
    expect(refused.json().sites).toEqual([site]);
    const member = await auth.get(`/auth/sites/${site}/members/${owner.id}`, admin);
    expect(member.json().roles).toEqual(['owner']);
    expect((await auth.get('/auth/me', owner.token)).statusCode).toBe(200);
  });

  it('is refused when the only other owner is disabled', async () => {
    const { site, owners } = await siteWithOwners(2);
    const [owner, other] = owners as [Owner, Owner];
    const disabled = await auth.send('PATCH', `/auth/users/${other.id}`, admin, { disabled: true });
    expect(disabled.statusCode, disabled.body).toBe(200);
    expect(refusal(await act(owner, site))).toEqual(LAST_OWNER);
  });

  it('succeeds while another one stays', async () => {
    const { site, owners } = await siteWithOwners(2);
    expect((await act(owners[0] as Owner, site)).statusCode).toBeLessThan(300);
  });
});

describe('owners of a site', () => {
  const pairs = doors.flatMap((first, index) => doors.slice(index).map((second) => [first, second] as const));

  it('never all go at the same moment, whichever ways they take', async () => {
    for (const [[firstName, first], [secondName, second]] of pairs) {
      const { site, owners } = await siteWithOwners(2);
      const [one, other] = owners as [Owner, Owner];
      const answers = await Promise.all([first(one, site), second(other, site)]);
      const refused = answers.filter((answer) => answer.statusCode >= 300);
      expect(refused.map(refusal), `${firstName}, ${secondName}`).toEqual([LAST_OWNER]);
    }
  });

  it('are changed in all ways at the same moment without a failure', async () => {
    const { site, owners } = await siteWithOwners(2);
    const answers = await Promise.all(doors.map(([, act]) => act(owners[0] as Owner, site)));
    for (const answer of answers) expect(answer.statusCode, answer.body).toBeLessThan(500);
    expect(answers.some((answer) => answer.statusCode < 300)).toBe(true);
  });

  it('of several sites cannot delete themselves while one of these has no other', async () => {
    const { site, owners } = await siteWithOwners(2);
    const [owner] = owners as [Owner];
    const second = `second-of-${site}`;
    await auth.post('/auth/sites', { id: second, name: second }, admin);
    await auth.send('PUT', `/auth/sites/${second}/members/${owner.id}`, admin, { roles: ['owner'] });
    const { access_token } = await auth.login({ email: owner.email, password: owner.password, site });
    const refused = await auth.post('/auth/me/deletion', { password: owner.password }, access_token);
    expect([refusal(refused), refused.json().sites]).toEqual([LAST_OWNER, [second]]);
  });

  it('are disabled by an administrator who says so, and the audit log names the sites', async () => {
    const { site, owners } = await siteWithOwners(1);
    const [owner] = owners as [Owner];
    const forced = await auth.send('PATCH', `/auth/users/${owner.id}?force=true`, admin, { disabled: true });
    expect(forced.json()).toMatchObject({ id: owner.id, disabled: true });
    const { items } = (await auth.get('/auth/audit?action=user.change&limit=1', admin)).json();
    expect(items[0]).toMatchObject({ target: owner.id, details: { sites_without_owner: [site] } });

    const taken = await auth.send('DELETE', `/auth/sites/${site}/members/${owner.id}`, admin);
    expect(taken.statusCode).toBe(204);
  });

  it('count by the role of this name, and not by permissions of a role of the site', async () => {
    const { site, owners } = await siteWithOwners(1);
    const [owner] = owners as [Owner];
    const { items } = (await auth.get(`/auth/sites/${site}/roles`, admin)).json();
    const { permissions } = items.find((role: { name: string }) => role.name === 'owner');
    await auth.send('PUT', `/auth/sites/${site}/roles/co-owner`, admin, { permissions });
    await auth.member({ site, roles: ['co-owner'] });
    expect(refusal(await auth.send('DELETE', `/auth/sites/${site}/members/${owner.id}`, owner.token))).toEqual(
      LAST_OWNER,
    );
  });
});
