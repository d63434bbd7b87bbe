import { asAdministrator } from '../api/administrator.ts';
import { isJsonObject, type JsonObject } from '../api/json.ts';
import { allPages } from '../api/pages.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { baseUrl, flag, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeList } from '../terminal/item-list.ts';

const columns = ['id', 'email', 'username', 'name', 'roles', 'administrator', 'disabled', 'created_at'];

export const usersList = defineCommand({
  name: 'users list',
  summary: 'List the users of the installation or of a site (needs an administrator)',
  operands: {},
  options: {
    site: text({ placeholder: '<site>', doc: 'only the members of this site, with their roles there' }),
    search: text({ placeholder: '<text>', doc: 'only users with this text in a name or the address', maxLength: 100 }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print a JSON array' }),
  },
  examples: ['gaia users list --site site-a.localhost', "gaia users list --json | jq -r '.[].email'"],
  run: async ({ site, search, url, json }, context) => {
    const pages = await asAdministrator(suiteUrl(url, context), context, async (api) => {
      if (site === undefined) return allPages(api, '/auth/users', { q: search });
      const path = `/auth/sites/${encodeURIComponent(site)}`;
      // A site that there is not has no members either, which is not what was asked.
      await api.get(path);
      return allPages(api, `${path}/members`, { q: search });
    });
    writeList({ ...pages, items: pages.items.map(flatMember) }, columns, { json }, context);
    return exitCodes.ok;
  },
});

/** A member holds its user in a member of its own. */
function flatMember(item: JsonObject): JsonObject {
  const { user, ...rest } = item;
  return isJsonObject(user) ? { ...user, ...rest } : item;
}
