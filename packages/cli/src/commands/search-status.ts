import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

export const searchStatus = defineCommand({
  name: 'search status',
  summary: 'Tell how far the search index, or its rebuild, is (needs an administrator)',
  operands: {},
  options: {
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print it as JSON' }),
  },
  examples: ['gaia search status --json | jq .lag_seconds'],
  run: async ({ url, json }, context) => {
    const { body } = await asAdministrator(suiteUrl(url, context), context, (api) => api.get('/search/rebuild'));
    writeItem(body, { json }, context);
    return exitCodes.ok;
  },
});
