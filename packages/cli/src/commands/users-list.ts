import { asAdministrator } from '../api/administrator.ts';
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
    email: text({ placeholder: '<email>', doc: 'only the user of exactly this address', maxLength: 254 }),
    role: text({ placeholder: '<role>', doc: 'only who holds this role, on the site or on any' }),
    state: text({ placeholder: '<state>', doc: 'only users who are active, unverified or disabled' }),
    administrators: flag({ doc: 'only administrators of the installation' }),
    sort: text({ placeholder: '<order>', doc: 'created_at (if absent), email or name; --sort=-name turns it round' }),
    search: text({ placeholder: '<text>', doc: 'only users with this text in a name or the address', maxLength: 100 }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print a JSON array' }),
  },
  examples: ['gaia users list --site site-a.localhost', "gaia users list --json | jq -r '.[].email'"],
  run: async ({ administrators, search, url, json, ...filter }, context) => {
    const query = { ...filter, q: search, ...(administrators && { administrator: 'true' }) };
    const pages = await asAdministrator(suiteUrl(url, context), context, (api) => allPages(api, '/auth/users', query));
    writeList(
      pages,
      filter.site === undefined ? columns.filter((name) => name !== 'roles') : columns,
      { json },
      context,
    );
    return exitCodes.ok;
  },
});
