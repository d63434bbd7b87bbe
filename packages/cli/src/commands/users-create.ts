import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import { isJsonObject, memberText } from '../api/json.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { baseUrl, flag, list, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';
import { newPassword } from '../terminal/new-password.ts';

export const usersCreate = defineCommand({
  name: 'users create',
  summary: 'Make a user, with roles on a site if wanted (needs an administrator)',
  details: [
    "The user's password is asked for on the terminal, or with --password-stdin is the first line of standard input.",
  ],
  operands: {
    email: text({ placeholder: '<email>', doc: "the user's address", required: true }),
  },
  options: {
    username: text({ placeholder: '<username>', doc: 'a name to log in with beside the address' }),
    name: text({ placeholder: '<name>', doc: 'how people call the user' }),
    site: text({ placeholder: '<site>', doc: 'make the user a member of this site' }),
    role: list({ placeholder: '<role>', doc: 'role there: member (if absent), author, editor, admin, owner' }),
    'password-stdin': flag({ doc: 'read the password from standard input' }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print the user as JSON' }),
  },
  examples: [
    'gaia users create ann@example.com --name Ann --site site-a.localhost --role editor',
    'gaia users create ann@example.com --password-stdin < password.txt',
  ],
  run: async (values, context) => {
    const { email, username, name, site, role } = values;
    if (site === undefined && role.length > 0) throw new UsageError('--role needs --site: roles are held on a site');
    const url = suiteUrl(values.url, context);
    const password = await newPassword(values['password-stdin'], email, context);
    const body = { email, password, ...(username !== undefined && { username }), ...(name !== undefined && { name }) };
    const roles = role.length > 0 ? role : ['member'];
    const user = await asAdministrator(url, context, async (api) => {
      // Before the user is made: a mistyped site should not leave somebody behind who cannot be made again.
      if (site !== undefined) await refuseUnknown(api, site, roles);
      const created = (await api.post('/auth/users', { body })).body;
      if (site === undefined) return created;
      if (typeof created.id !== 'string') throw new Failure(`${url} answered a user without an id`);
      const member = `/auth/sites/${encodeURIComponent(site)}/members/${encodeURIComponent(created.id)}`;
      try {
        await api.put(member, { body: { roles } });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        throw new Failure(
          `the user ${created.id} was made, but not a member of the site: ${error.message}`,
          error.details,
        );
      }
      return created;
    });
    writeItem(user, values, context);
    return exitCodes.ok;
  },
});

/** Throws the suite's own site_not_found, or UsageError for a role that the site does not have. */
async function refuseUnknown(api: ApiClient, site: string, roles: readonly string[]): Promise<void> {
  const path = `/auth/sites/${encodeURIComponent(site)}`;
  await api.get(path);
  const { items } = (await api.get(`${path}/roles`)).body;
  const known = Array.isArray(items) ? items.filter(isJsonObject).map((item) => memberText(item, 'name')) : [];
  const unknown = roles.filter((role) => !known.includes(role));
  if (unknown.length > 0)
    throw new UsageError(`the roles of ${site} are ${known.join(', ')}; not ${unknown.join(', ')}`);
}
