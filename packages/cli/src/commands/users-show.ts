import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { JsonObject } from '../api/json.ts';
import { allPages } from '../api/pages.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { baseUrl, flag, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

/** RFC 9562 §4. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_SEARCH_LENGTH = 100;

export const usersShow = defineCommand({
  name: 'users show',
  summary: 'Show one user (needs an administrator)',
  operands: {
    user: text({ placeholder: '<user>', doc: 'id, address or user name', required: true }),
  },
  options: {
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print the user as JSON' }),
  },
  examples: ['gaia users show ann@example.com'],
  run: async ({ user, url, json }, context) => {
    const found = await asAdministrator(suiteUrl(url, context), context, (api) => findUser(api, user));
    writeItem(found, { json }, context);
    return exitCodes.ok;
  },
});

async function findUser(api: ApiClient, wanted: string): Promise<JsonObject> {
  if (UUID.test(wanted)) return (await api.get(`/auth/users/${wanted.toLowerCase()}`)).body;
  const name = wanted.toLowerCase();
  const { items } = await allPages(api, '/auth/users', { q: name.slice(0, MAX_SEARCH_LENGTH) });
  const found = items.find((item) => [item.email, item.username].some((one) => isSameName(one, name)));
  if (found === undefined) throw new Failure('there is no user with this address or name (user_not_found)');
  return found;
}

function isSameName(one: unknown, name: string): boolean {
  return typeof one === 'string' && one.toLowerCase() === name;
}
