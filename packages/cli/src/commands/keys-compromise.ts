import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { writeKeys } from '../keys/key-list.ts';
import { suiteOption, textArgument } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

export function addKeysCompromise(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('compromise'), {
    summary: 'Drop a signing key that others may hold (needs an administrator)',
    details: [
      'Every service refuses within a second what it has signed, and another key signs at once. Logins live on: clients ' +
        'refresh and go on. The key never signs again, also not from a file.',
    ],
    examples: ['gaia keys compromise NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  })
    .addArgument(textArgument('<kid>', 'the key; gaia keys list shows it', 128))
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async (kid, { url, json }) => {
      const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
        api.post(`/auth/keys/${encodeURIComponent(kid)}/compromise`),
      );
      writeKeys(answer.body, { json }, context);
    });
}
