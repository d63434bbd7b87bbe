import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { ApiProblem } from '../api/problem.ts';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { Failure } from '../failure.ts';
import { onHost } from '../host/on-host.ts';
import { addressArgument } from '../options.ts';
import { writeItem } from '../terminal/item-list.ts';

export function addUsersPromote(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('promote'), {
    summary: 'Make a user an administrator of the installation, on the host and without a login',
    details: ['The address of the user must be verified. Their tokens have the new rights within a second.'],
    examples: ['gaia users promote ann@example.com'],
  })
    .addArgument(addressArgument())
    .option('--json', 'print the user as JSON')
    .action((email, output) => setAdministrator(email, true, output, context));
}

export function addUsersDemote(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('demote'), {
    summary: 'Take the rights of an administrator away again, on the host and without a login',
    details: ['The last administrator stays one. Memberships of sites stay as they are.'],
    examples: ['gaia users demote ann@example.com'],
  })
    .addArgument(addressArgument())
    .option('--json', 'print the user as JSON')
    .action((email, output) => setAdministrator(email, false, output, context));
}

async function setAdministrator(
  email: string,
  administrator: boolean,
  output: { readonly json?: boolean | undefined },
  context: Context,
): Promise<void> {
  const body = { email, administrator };
  try {
    const answer = await onHost(context, (api) => api.post('/operator/users/administrator', { body }));
    writeItem(answer.body, output, context);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'email_unverified') throw error;
    throw new Failure(error.message, [`gaia users set-password ${email} vouches for the address.`, ...error.details]);
  }
}
