import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import { isJsonObject, memberText } from '../api/json.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure, UsageError } from '../failure.ts';
import { addressArgument, listOption, suiteOption, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';
import { newPassword } from '../terminal/new-password.ts';

export function addUsersCreate(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('create'), {
    summary: 'Make a user, with roles on a site if wanted (needs an administrator)',
    details: [
      "The user's password is asked for on the terminal, or with --password-stdin is the first line of standard input.",
    ],
    examples: [
      'gaia users create ann@example.com --name Ann --site site-a.localhost --role editor',
      'gaia users create ann@example.com --password-stdin < password.txt',
    ],
  })
    .addArgument(addressArgument())
    .addOption(textOption('--username <username>', 'a name to log in with beside the address'))
    .addOption(textOption('--name <name>', 'how people call the user'))
    .addOption(textOption('--site <site>', 'make the user a member of this site'))
    .addOption(listOption('--role <role>', 'role there: member (if absent), author, editor, admin, owner'))
    .option('--password-stdin', 'read the password from standard input')
    .addOption(suiteOption())
    .option('--json', 'print the user as JSON')
    .action(async (email, values) => {
      const { username, name, site, role: roles = ['member'] } = values;
      if (site === undefined && values.role !== undefined)
        throw new UsageError('--role needs --site: roles are held on a site');
      const url = suiteUrl(values.url, context);
      const password = await newPassword(values.passwordStdin === true, email, context);
      const body = {
        email,
        password,
        ...(username !== undefined && { username }),
        ...(name !== undefined && { name }),
      };
      const user = await asAdministrator(url, context, async (api) => {
        // Before the user is made: a mistyped site should not leave a user behind who cannot be made again.
        if (site !== undefined) await refuseUnknown(api, site, roles);
        const created = (await api.post('/auth/users', { body })).body;
        if (site === undefined) return created;
        if (typeof created.id !== 'string') throw new Failure(`${url} answered a user without an id`);
        const member = `/auth/sites/${encodeURIComponent(site)}/members/${encodeURIComponent(created.id)}`;
        try {
          await api.put(member, { body: { roles } });
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          throw new Failure(
            `the user ${created.id} was made, but not a member of the site: ${error.message}`,
            error.details,
          );
        }
        return created;
      });
      writeItem(user, values, context);
    });
}

/** Throws the suite's own site_not_found, or UsageError for a role that the site does not have. */
async function refuseUnknown(api: ApiClient, site: string, roles: readonly string[]): Promise<void> {
  const path = `/auth/sites/${encodeURIComponent(site)}`;
  await api.get(path);
  const { items } = (await api.get(`${path}/roles`)).body;
  const known = Array.isArray(items) ? items.filter(isJsonObject).map((item) => memberText(item, 'name')) : [];
  const unknown = roles.filter((role) => !known.includes(role));
  if (unknown.length > 0)
    throw new UsageError(`the roles of ${site} are ${known.join(', ')}; not ${unknown.join(', ')}`);
}
