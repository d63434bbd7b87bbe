import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

export function addSearchStatus(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('status'), {
    summary: 'Tell how far the search index, or its rebuild, is (needs an administrator)',
    examples: ['gaia search status --json | jq .lag_seconds'],
  })
    .addOption(suiteOption())
    .option('--json', 'print it as JSON')
    .action(async ({ url, json }) => {
      const { body } = await asAdministrator(suiteUrl(url, context), context, (api) => api.get('/search/rebuild'));
      writeItem(body, { json }, context);
    });
}
