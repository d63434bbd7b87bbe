import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import { allPages } from '../api/pages.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeList } from '../terminal/item-list.ts';

export function addSitesList(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('list'), {
    summary: 'List the sites of the installation (needs an administrator)',
    examples: ['gaia sites list', "gaia sites list --json | jq -r '.[].id'"],
  })
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async (values) => {
      const pages = await asAdministrator(suiteUrl(values.url, context), context, (api) =>
        allPages(api, '/auth/sites'),
      );
      writeList(pages, ['id', 'name', 'hosts', 'created_at'], values, context);
    });
}
