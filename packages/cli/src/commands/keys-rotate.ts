import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { writeKeys } from '../keys/key-list.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

export function addKeysRotate(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('rotate'), {
    summary: 'Let the next signing key sign (needs an administrator)',
    details: [
      'It signs at once if it was published for longer than verifiers keep a key set; otherwise as soon as it was, which the ' +
        'column signs_from tells. Users notice nothing: tokens of the key before are good until they expire.',
    ],
    examples: ['gaia keys rotate'],
  })
    .option('--at-once', 'do not wait; verifiers that do not look for unknown keys refuse new tokens for a while')
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async ({ atOnce = false, url, json }) => {
      const body = { at_once: atOnce };
      const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
        api.post('/auth/keys/rotate', { body }),
      );
      writeKeys(answer.body, { json }, context);
    });
}
