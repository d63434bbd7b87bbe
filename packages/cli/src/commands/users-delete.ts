import { defineCommand } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { force, userAddress } from '../host/host-options.ts';
import { onHost } from '../host/on-host.ts';
import { flag } from '../option.ts';
import { ask } from '../terminal/questions.ts';

export const usersDelete = defineCommand({
  name: 'users delete',
  summary: 'Delete a user for good, on the host and without a login',
  details: [
    'Nothing is kept but the id, as the author of entries and in the audit log. The last administrator cannot be deleted.',
  ],
  operands: { email: userAddress },
  options: { force, yes: flag({ doc: 'do not ask' }) },
  examples: ['gaia users delete ann@example.com'],
  run: async ({ email, force, yes }, context) => {
    if (!yes && !context.stdin.isTTY) throw new UsageError('there is no terminal to ask on; use --yes');
    if (!yes && (await ask(`Type the address again to delete ${email}: `, context)) !== email) {
      throw new Failure('the two addresses differ; nothing was deleted');
    }
    await onHost(context, (api) => api.post('/operator/users/deletion', { body: { email, force } }));
    return exitCodes.ok;
  },
});
