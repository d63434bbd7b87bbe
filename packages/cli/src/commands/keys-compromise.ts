import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { writeKeys } from '../keys/key-list.ts';
import { baseUrl, flag, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

export const keysCompromise = defineCommand({
  name: 'keys compromise',
  summary: 'Drop a signing key that somebody else may hold (needs an administrator)',
  details: [
    'Every service refuses within a second what it has signed, and another key signs at once. Logins live on: clients ' +
      'refresh and go on. The key never signs again, also not from a file.',
  ],
  operands: {
    kid: text({ placeholder: '<kid>', doc: 'the key; gaia keys list shows it', required: true, maxLength: 128 }),
  },
  options: { url: baseUrl({ doc: 'the suite' }), json: flag({ doc: 'print a JSON array' }) },
  examples: ['gaia keys compromise NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'],
  run: async ({ kid, url, json }, context) => {
    const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
      api.post(`/auth/keys/${encodeURIComponent(kid)}/compromise`),
    );
    writeKeys(answer.body, { json }, context);
    return exitCodes.ok;
  },
});
