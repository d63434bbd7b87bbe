import { randomBytes } from 'node:crypto';
import { defineCommand } from '../command.ts';
import { exitCodes, UsageError } from '../failure.ts';
import { userAddress } from '../host/host-options.ts';
import { onHost } from '../host/on-host.ts';
import { flag } from '../option.ts';
import { writeItem } from '../terminal/item-list.ts';
import { newPassword } from '../terminal/new-password.ts';

/** 120 bits. */
const GENERATED_BYTES = 15;

export const usersSetPassword = defineCommand({
  name: 'users set-password',
  summary: 'Set the password of a user, on the host and without a login',
  details: [
    'All sessions of the user end, and the address counts as verified. The password is asked for on the terminal, or with ' +
      '--password-stdin is the first line of standard input, or with --generate is made at random and shown once.',
  ],
  operands: { email: userAddress },
  options: {
    'password-stdin': flag({ doc: 'read the password from standard input' }),
    generate: flag({ doc: 'make a password and print it' }),
    json: flag({ doc: 'print the user as JSON' }),
  },
  examples: [
    'gaia users set-password admin@localhost',
    'docker compose exec auth gaia users set-password admin@localhost',
  ],
  run: async ({ email, 'password-stdin': fromStdin, generate, json }, context) => {
    if (fromStdin && generate) throw new UsageError('--password-stdin and --generate exclude each other');
    const password = generate
      ? randomBytes(GENERATED_BYTES).toString('base64url')
      : await newPassword(fromStdin, email, context);
    const { body } = await onHost(context, (api) =>
      api.post('/operator/users/password', { body: { email, password } }),
    );
    writeItem({ ...body, ...(generate && { password }) }, { json }, context);
    if (body.disabled === true) context.stderr.write(`the user is disabled; gaia users enable ${email} lets them in\n`);
    return exitCodes.ok;
  },
});
