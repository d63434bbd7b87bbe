import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { writeKeys } from '../keys/key-list.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

export const keysList = defineCommand({
  name: 'keys list',
  summary: 'List the signing keys (needs an administrator)',
  details: ['next: published, does not sign yet. active: signs. retiring: published until its last token has expired.'],
  operands: {},
  options: { url: baseUrl({ doc: 'the suite' }), json: flag({ doc: 'print a JSON array' }) },
  examples: ['gaia keys list'],
  run: async ({ url, json }, context) => {
    const answer = await asAdministrator(suiteUrl(url, context), context, (api) => api.get('/auth/keys'));
    writeKeys(answer.body, { json }, context);
    return exitCodes.ok;
  },
});
