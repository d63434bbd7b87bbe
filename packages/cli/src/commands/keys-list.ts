import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { writeKeys } from '../keys/key-list.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

export function addKeysList(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('list'), {
    summary: 'List the signing keys (needs an administrator)',
    details: [
      'next: published, does not sign yet. active: signs. retiring: published until its last token has expired.',
    ],
    examples: ['gaia keys list'],
  })
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async ({ url, json }) => {
      const answer = await asAdministrator(suiteUrl(url, context), context, (api) => api.get('/auth/keys'));
      writeKeys(answer.body, { json }, context);
    });
}
