import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure, UsageError } from '../failure.ts';
import { onHost } from '../host/on-host.ts';
import { addressArgument, forceOption } from '../options.ts';
import { ask } from '../terminal/questions.ts';

export function addUsersDelete(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('delete'), {
    summary: 'Delete a user for good, on the host and without a login',
    details: [
      'Nothing is kept but the id, as the author of entries and in the audit log. The last administrator cannot be deleted.',
    ],
    examples: ['gaia users delete ann@example.com'],
  })
    .addArgument(addressArgument())
    .addOption(forceOption())
    .option('--yes', 'do not ask')
    .action(async (email, { force = false, yes }) => {
      if (!yes && !context.stdin.isTTY) throw new UsageError('there is no terminal to ask on; use --yes');
      if (!yes && (await ask(`Type the address again to delete ${email}: `, context)) !== email) {
        throw new Failure('the two addresses differ; nothing was deleted');
      }
      await onHost(context, (api) => api.post('/operator/users/deletion', { body: { email, force } }));
    });
}
