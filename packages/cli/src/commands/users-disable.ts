import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { JsonObject } from '../api/json.ts';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { onHost } from '../host/on-host.ts';
import { addressArgument, forceOption } from '../options.ts';
import { writeItem } from '../terminal/item-list.ts';

export function addUsersDisable(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('disable'), {
    summary: 'Shut a user out, on the host and without a login',
    details: ['All sessions end within a second. The last administrator cannot be disabled.'],
    examples: ['gaia users disable ann@example.com'],
  })
    .addArgument(addressArgument())
    .addOption(forceOption())
    .option('--json', 'print the user as JSON')
    .action((email, { force = false, json }) => setDisabled({ email, disabled: true, force }, { json }, context));
}

export function addUsersEnable(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('enable'), {
    summary: 'Let a disabled user in again, on the host and without a login',
    examples: ['gaia users enable ann@example.com'],
  })
    .addArgument(addressArgument())
    .option('--json', 'print the user as JSON')
    .action((email, output) => setDisabled({ email, disabled: false }, output, context));
}

async function setDisabled(
  body: JsonObject,
  output: { readonly json?: boolean | undefined },
  context: Context,
): Promise<void> {
  const answer = await onHost(context, (api) => api.post('/operator/users/disabled', { body }));
  writeItem(answer.body, output, context);
}
