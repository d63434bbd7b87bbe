import { randomBytes } from 'node:crypto';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { onHost } from '../host/on-host.ts';
import { addressArgument } from '../options.ts';
import { writeItem } from '../terminal/item-list.ts';
import { newPassword } from '../terminal/new-password.ts';

/** 120 bits. */
const GENERATED_BYTES = 15;

export function addUsersSetPassword(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('set-password'), {
    summary: 'Set the password of a user, on the host and without a login',
    details: [
      'All sessions of the user end, and the address counts as verified. The password is asked for on the terminal, or with ' +
        '--password-stdin is the first line of standard input, or with --generate is made at random and shown once.',
    ],
    examples: [
      'gaia users set-password admin@localhost',
      'docker compose exec auth gaia users set-password admin@localhost',
    ],
  })
    .addArgument(addressArgument())
    .option('--password-stdin', 'read the password from standard input')
    .addOption(new Option('--generate', 'make a password and print it').conflicts('passwordStdin'))
    .option('--json', 'print the user as JSON')
    .action(async (email, { passwordStdin = false, generate, json }) => {
      const password = generate
        ? randomBytes(GENERATED_BYTES).toString('base64url')
        : await newPassword(passwordStdin, email, context);
      const { body } = await onHost(context, (api) =>
        api.post('/operator/users/password', { body: { email, password } }),
      );
      writeItem({ ...body, ...(generate && { password }) }, { json }, context);
      if (body.disabled === true)
        context.stderr.write(`the user is disabled; gaia users enable ${email} lets them in\n`);
    });
}
