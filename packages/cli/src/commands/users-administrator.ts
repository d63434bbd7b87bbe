import { ApiProblem } from '../api/problem.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure } from '../failure.ts';
import { userAddress } from '../host/host-options.ts';
import { onHost } from '../host/on-host.ts';
import { flag } from '../option.ts';
import { writeItem } from '../terminal/item-list.ts';

const options = { json: flag({ doc: 'print the user as JSON' }) };

export const usersPromote = defineCommand({
  name: 'users promote',
  summary: 'Make a user an administrator of the installation, on the host and without a login',
  details: ['The address of the user must be verified. Their tokens have the new rights within a second.'],
  operands: { email: userAddress },
  options,
  examples: ['gaia users promote ann@example.com'],
  run: ({ email, json }, context) => setAdministrator(email, true, { json }, context),
});

export const usersDemote = defineCommand({
  name: 'users demote',
  summary: 'Take the rights of an administrator away again, on the host and without a login',
  details: ['The last administrator stays one. Memberships of sites stay as they are.'],
  operands: { email: userAddress },
  options,
  examples: ['gaia users demote ann@example.com'],
  run: ({ email, json }, context) => setAdministrator(email, false, { json }, context),
});

async function setAdministrator(
  email: string,
  administrator: boolean,
  output: { readonly json: boolean },
  context: Context,
): Promise<number> {
  const body = { email, administrator };
  try {
    const answer = await onHost(context, (api) => api.post('/operator/users/administrator', { body }));
    writeItem(answer.body, output, context);
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'email_unverified') throw error;
    throw new Failure(error.message, [`gaia users set-password ${email} vouches for the address.`, ...error.details]);
  }
  return exitCodes.ok;
}
