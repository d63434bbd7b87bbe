import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import { allPages } from '../api/pages.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { suiteOption, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeList } from '../terminal/item-list.ts';

const columns = ['id', 'email', 'username', 'name', 'roles', 'administrator', 'disabled', 'created_at'];

export function addUsersList(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('list'), {
    summary: 'List the users of the installation or of a site (needs an administrator)',
    examples: ['gaia users list --site site-a.localhost', "gaia users list --json | jq -r '.[].email'"],
  })
    .addOption(textOption('--site <site>', 'only the members of this site, with their roles there'))
    .addOption(textOption('--email <email>', 'only the user of exactly this address', 254))
    .addOption(textOption('--role <role>', 'only who holds this role, on the site or on any'))
    .addOption(textOption('--state <state>', 'only users who are active, unverified or disabled'))
    .option('--administrators', 'only administrators of the installation')
    .addOption(textOption('--sort <order>', 'created_at (if absent), email or name; --sort=-name turns it round'))
    .addOption(textOption('--search <text>', 'only users with this text in a name or the address', 100))
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async ({ administrators, search, url, json, ...filter }) => {
      const query = { ...filter, q: search, ...(administrators && { administrator: 'true' }) };
      const pages = await asAdministrator(suiteUrl(url, context), context, (api) =>
        allPages(api, '/auth/users', query),
      );
      writeList(
        pages,
        filter.site === undefined ? columns.filter((name) => name !== 'roles') : columns,
        { json },
        context,
      );
    });
}
