import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { baseUrl, flag, list, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

export const sitesCreate = defineCommand({
  name: 'sites create',
  summary: 'Register a site (needs an administrator)',
  operands: {
    id: text({ placeholder: '<site>', doc: 'the host name that it is reached under; it stays its id', required: true }),
  },
  options: {
    name: text({ placeholder: '<name>', doc: 'how people call it; the id if absent' }),
    host: list({ placeholder: '<host>', doc: 'a further host name of it; several times for several' }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print the site as JSON' }),
  },
  examples: ['gaia sites create shop.localhost --name "The shop" --host www.shop.localhost'],
  run: async ({ id, name, host, url, json }, context) => {
    const body = { id, name: name ?? id, ...(host.length > 0 && { hosts: host }) };
    const site = await asAdministrator(suiteUrl(url, context), context, (api) => api.post('/auth/sites', { body }));
    writeItem(site.body, { json }, context);
    return exitCodes.ok;
  },
});
