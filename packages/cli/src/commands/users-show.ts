import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { JsonObject } from '../api/json.ts';
import { allPages } from '../api/pages.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure } from '../failure.ts';
import { suiteOption, textArgument } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';

/** RFC 9562 §4. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_SEARCH_LENGTH = 100;

export function addUsersShow(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('show'), {
    summary: 'Show one user (needs an administrator)',
    examples: ['gaia users show ann@example.com'],
  })
    .addArgument(textArgument('<user>', 'id, address or user name'))
    .addOption(suiteOption())
    .option('--json', 'print the user as JSON')
    .action(async (user, { url, json }) => {
      const found = await asAdministrator(suiteUrl(url, context), context, (api) => findUser(api, user));
      writeItem(found, { json }, context);
    });
}

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
