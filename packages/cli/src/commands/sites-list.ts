import { asAdministrator } from '../api/administrator.ts';
import { allPages } from '../api/pages.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeList } from '../terminal/item-list.ts';

export const sitesList = defineCommand({
  name: 'sites list',
  summary: 'List the sites of the installation (needs an administrator)',
  operands: {},
  options: {
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print a JSON array' }),
  },
  examples: ['gaia sites list', "gaia sites list --json | jq -r '.[].id'"],
  run: async (values, context) => {
    const pages = await asAdministrator(suiteUrl(values.url, context), context, (api) => allPages(api, '/auth/sites'));
    writeList(pages, ['id', 'name', 'hosts', 'created_at'], values, context);
    return exitCodes.ok;
  },
});
