import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { writeKeys } from '../keys/key-list.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

export const keysRotate = defineCommand({
  name: 'keys rotate',
  summary: 'Let the next signing key sign (needs an administrator)',
  details: [
    'It signs at once if it was published for longer than verifiers keep a key set; otherwise as soon as it was, which the ' +
      'column signs_from tells. Nobody notices anything: tokens of the key before are good until they expire.',
  ],
  operands: {},
  options: {
    'at-once': flag({ doc: 'do not wait; verifiers that do not look for unknown keys refuse new tokens for a while' }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print a JSON array' }),
  },
  examples: ['gaia keys rotate'],
  run: async ({ 'at-once': atOnce, url, json }, context) => {
    const body = { at_once: atOnce };
    const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
      api.post('/auth/keys/rotate', { body }),
    );
    writeKeys(answer.body, { json }, context);
    return exitCodes.ok;
  },
});
