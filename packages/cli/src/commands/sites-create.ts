import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { listOption, suiteOption, textArgument, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

export function addSitesCreate(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('create'), {
    summary: 'Register a site (needs an administrator)',
    examples: ['gaia sites create shop.localhost --name "The shop" --host www.shop.localhost'],
  })
    .addArgument(textArgument('<site>', 'the host name that it is reached under; it stays its id'))
    .addOption(textOption('--name <name>', 'how people call it; the id if absent'))
    .addOption(listOption('--host <host>', 'a further host name of it; several times for several'))
    .addOption(suiteOption())
    .option('--json', 'print the site as JSON')
    .action(async (id, { name, host = [], url, json }) => {
      const body = { id, name: name ?? id, ...(host.length > 0 && { hosts: host }) };
      const site = await asAdministrator(suiteUrl(url, context), context, (api) => api.post('/auth/sites', { body }));
      writeItem(site.body, { json }, context);
    });
}
