import { expect } from 'vitest';
import { mailedToken, sendSigned } from '../fixtures/api.ts';
import type { Installation, KeptUser } from '../fixtures/installation.ts';
import { type Answer, call } from './running-suite.ts';

const newPassword = 'heron-waits-for-eels-9';

/** A suite that was started on data of an earlier one. */
export interface Started {
  readonly url: string;
  readonly dataDir: string;
  readonly kept: Installation;
}

const logIn = ({ url }: Started, account: { email: string; password: string }, site: string): Promise<Answer> =>
  call('POST', `${url}/auth/login`, { body: { email: account.email, password: account.password, site } });

async function tokenOf(started: Started, account: { email: string; password: string }, site = started.kept.site) {
  const { status, json, text } = await logIn(started, account, site);
  expect([account.email, status], text).toEqual([account.email, 200]);
  return json.access_token as string;
}

const usersIn = ({ kept }: Started, ...states: readonly KeptUser['state'][]) =>
  kept.users.filter((user) => states.includes(user.state));

/** An access token for each user of the site, by name, and undefined for `anonymous`. */
async function viewers(started: Started): Promise<ReadonlyMap<string, { token?: string }>> {
  const map = new Map<string, { token?: string }>([['anonymous', {}]]);
  for (const user of usersIn(started, 'active').filter(({ site }) => site === started.kept.site)) {
    map.set(user.name, { token: await tokenOf(started, user) });
  }
  return map;
}

/** What data of every version is promised, whatever the rules of the present one are: each to be run as a test. */
export const promises: Readonly<Record<string, (started: Started) => Promise<void>>> = {
  'the administrator and all users with a proved address log in with their passwords': async (started) => {
    const { kept } = started;
    await tokenOf(started, kept.administrator);
    for (const user of usersIn(started, 'active')) await tokenOf(started, user, user.site);
  },

  'an update opens no account that was pending or disabled': async (started) => {
    for (const user of usersIn(started, 'disabled', 'invited', 'registered')) {
      const { status } = await logIn(started, user, user.site);
      expect([user.name, status]).toEqual([user.name, 401]);
    }
  },

  'an unproved address, proved by a link, opens its account': async (started) => {
    const { url, dataDir, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    for (const user of usersIn(started, 'invited', 'registered')) {
      const body = { email: user.email, roles: user.roles };
      const invited = await call('POST', `${url}/auth/sites/${user.site}/invitations`, { token, body });
      expect(invited.status, invited.text).toBe(201);
      const link = await mailedToken(dataDir, user.email, '/invitation');
      const accept = { token: link, password: newPassword };
      const accepted = await call('POST', `${url}/auth/invitation`, { body: accept });
      expect(accepted.status, accepted.text).toBe(200);
      await tokenOf(started, { email: user.email, password: newPassword }, user.site);
    }
    for (const user of usersIn(started, 'unproved')) {
      expect((await call('POST', `${url}/auth/forgot`, { body: { email: user.email } })).status).toBe(202);
      const link = await mailedToken(dataDir, user.email, '/reset');
      const reset = await call('POST', `${url}/auth/reset`, { body: { token: link, password: newPassword } });
      expect(reset.status, reset.text).toBe(204);
      await tokenOf(started, { email: user.email, password: newPassword }, user.site);
    }
  },

  'members have their roles, and a role of the site its permissions': async (started) => {
    const { url, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    for (const user of usersIn(started, 'active', 'disabled')) {
      const member = await call('GET', `${url}/auth/sites/${user.site}/members/${user.id}`, { token });
      expect([user.name, member.json.roles]).toEqual([user.name, user.roles]);
    }
    const { json } = await call('GET', `${url}/auth/sites/${kept.site}/roles`, { token });
    const role = json.items.find(({ name }: { name: string }) => name === kept.customRole.name);
    expect(role.permissions.toSorted()).toEqual(kept.customRole.permissions.toSorted());
  },

  'a service account gets tokens with its secret': async ({ url, kept }) => {
    const { id, secret, scope } = kept.serviceAccount;
    const answer = await fetch(`${url}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    const reply = (await answer.json()) as { scope: string };
    expect([answer.status, reply.scope.split(' ').toSorted()]).toEqual([200, scope.split(' ').toSorted()]);
  },

  'everyone sees of every entry what they saw, drafts and restricted fields included': async (started) => {
    const { url, kept } = started;
    const seeing = await viewers(started);
    for (const { id, site, seenBy } of kept.entries) {
      for (const [name, fields] of Object.entries(seenBy)) {
        const entry = `${url}/cms/sites/${site}/entries/${id}?rich_text=text`;
        const { status, json } = await call('GET', entry, seeing.get(name));
        // Rich texts were any text, with markup or without; they are documents, which say the same.
        const read = JSON.parse(JSON.stringify(fields).replaceAll(/<\/?[a-z]+>/g, ''));
        expect([name, id, status === 404 ? null : json.fields]).toEqual([name, id, read]);
      }
    }
  },

  'content types keep their fields': async (started) => {
    const { url, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    const { json } = await call('GET', `${url}/cms/sites/${kept.site}/types/${kept.type.name}`, { token });
    expect(json).toMatchObject(kept.type);
  },

  'files download byte for byte, for those who could': async (started) => {
    const { url, kept } = started;
    const seeing = await viewers(started);
    for (const { id, base64, readers } of kept.files) {
      for (const [name, { token }] of seeing) {
        const headers = { ...(token !== undefined && { authorization: `Bearer ${token}` }) };
        const answer = await fetch(`${url}/assets/${id}`, { headers });
        const bytes = Buffer.from(await answer.arrayBuffer()).toString('base64');
        const got = answer.ok ? bytes : null;
        expect([name, id, got]).toEqual([name, id, readers.includes(name) ? base64 : null]);
      }
    }
  },

  'search finds what was published': async (started) => {
    const { url, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    for (const { word, entry, open } of kept.searches) {
      const path = `${url}/search?site=${kept.site}&q=${word}`;
      const found = async (as: { token?: string }) => {
        const { json } = await call('GET', path, as);
        return json.items?.map(({ id }: { id: string }) => id);
      };
      await expect.poll(() => found({ token })).toEqual([entry]);
      expect(await found({})).toEqual(open ? [entry] : []);
    }
  },

  'a webhook takes what is signed with its secret': async (started) => {
    const { url, kept } = started;
    const { path, secret, product, customer, sold } = kept.webhook;
    const user = kept.users.find(({ name }) => name === customer);
    if (user === undefined) throw new Error(`there is no user ${customer}`);
    const token = await tokenOf(started, user);
    const message = { type: 'payment.succeeded', user: user.id, product, payment: 'p-2' };
    expect(await sendSigned(url + path, secret, message)).toMatchObject({ outcome: 'applied' });
    const entry = `${url}/cms/sites/${kept.site}/entries/${sold}`;
    await expect.poll(async () => (await call('GET', entry, { token })).status).toBe(200);
  },

  'the signing keys are the same': async (started) => {
    const { url, kept } = started;
    const { json } = await call('GET', `${url}/.well-known/jwks.json`);
    expect(json.keys.map(({ kid }: { kid: string }) => kid)).toEqual(expect.arrayContaining([...kept.kids]));
    const [header = ''] = (await tokenOf(started, kept.administrator)).split('.');
    expect(JSON.parse(Buffer.from(header, 'base64url').toString('utf8')).kid).toBe(kept.kids[0]);
  },

  'the audit log is whole, from before the update to now': async (started) => {
    const { url, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    const { json } = await call('POST', `${url}/auth/audit/verify`, { token, body: { noted: kept.audit } });
    expect(json).toMatchObject({ intact: true, next: null });
    expect(json.checked).toBeGreaterThanOrEqual(kept.audit.seq);
  },

  'what is written now is kept beside it': async (started) => {
    const { url, kept } = started;
    const token = await tokenOf(started, kept.administrator);
    const entries = `${url}/cms/sites/${kept.site}/entries`;
    const fields = { title: 'The reed warbler', body: 'It chatters.' };
    const made = await call('POST', entries, { token, body: { type: kept.type.name, visibility: 'public', fields } });
    expect(made.status, made.text).toBe(201);
    const published = await call('POST', `${entries}/${made.json.id}/publish`, { token });
    const seq = published.json.seq;
    const found = () => call('GET', `${url}/search?site=${kept.site}&q=chatters&min_seq=${seq}`);
    await expect.poll(async () => (await found()).json.items).toMatchObject([{ id: made.json.id }]);
  },
};
