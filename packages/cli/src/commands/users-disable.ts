import type { JsonObject } from '../api/json.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { force, userAddress } from '../host/host-options.ts';
import { onHost } from '../host/on-host.ts';
import { flag } from '../option.ts';
import { writeItem } from '../terminal/item-list.ts';

const json = flag({ doc: 'print the user as JSON' });

export const usersDisable = defineCommand({
  name: 'users disable',
  summary: 'Shut a user out, on the host and without a login',
  details: ['All sessions end within a second. The last administrator cannot be disabled.'],
  operands: { email: userAddress },
  options: { force, json },
  examples: ['gaia users disable ann@example.com'],
  run: (values, context) => setDisabled({ email: values.email, disabled: true, force: values.force }, values, context),
});

export const usersEnable = defineCommand({
  name: 'users enable',
  summary: 'Let a disabled user in again, on the host and without a login',
  operands: { email: userAddress },
  options: { json },
  examples: ['gaia users enable ann@example.com'],
  run: (values, context) => setDisabled({ email: values.email, disabled: false }, values, context),
});

async function setDisabled(body: JsonObject, output: { readonly json: boolean }, context: Context): Promise<number> {
  const answer = await onHost(context, (api) => api.post('/operator/users/disabled', { body }));
  writeItem(answer.body, output, context);
  return exitCodes.ok;
}
