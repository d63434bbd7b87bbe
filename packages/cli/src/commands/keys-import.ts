import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { UsageError } from '../failure.ts';
import { writeKeys } from '../keys/key-list.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { readBounded } from '../terminal/questions.ts';

const MAX_PEM_BYTES = 16_384;

export function addKeysImport(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('import'), {
    summary: 'Take an RSA key of your own as the next one (needs an administrator)',
    details: [
      'Reads the private key (PEM, PKCS #1 or #8, from 2,048 bits) from standard input. It signs when it was published for ' +
        'long enough, or with --at-once now.',
    ],
    examples: ['gaia keys import < key.pem'],
  })
    .option('--at-once', 'do not wait; verifiers that do not look for unknown keys refuse new tokens for a while')
    .addOption(suiteOption())
    .option('--json', 'print a JSON array')
    .action(async ({ atOnce = false, url, json }) => {
      if (context.stdin.isTTY) throw new UsageError('the key is read from standard input: gaia keys import < key.pem');
      const pem = (await readBounded(context.stdin, MAX_PEM_BYTES)).trim();
      if (!pem.startsWith('-----BEGIN ')) throw new UsageError('standard input holds no PEM');
      const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
        api.post('/auth/keys/import', { body: { pem, at_once: atOnce } }),
      );
      writeKeys(answer.body, { json }, context);
    });
}
