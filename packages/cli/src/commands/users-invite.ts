import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { onHost } from '../host/on-host.ts';
import { addressArgument, listOption, textOption } from '../options.ts';
import { writeItem } from '../terminal/item-list.ts';

export function addUsersInvite(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('invite'), {
    summary: 'Invite a person to a site, on the host and without a login',
    details: ['A mail brings a link, at whose page the password is chosen. The site must take members by invitation.'],
    examples: ['gaia users invite ann@example.com --site site-a.localhost --role owner'],
  })
    .addArgument(addressArgument())
    .addOption(textOption('--site <site>', 'the only one there is, if absent'))
    .addOption(listOption('--role <role>', 'role there: member (if absent), author, editor, admin, owner'))
    .option('--json', 'print the invitation as JSON')
    .action(async (email, { site, role = ['member'], json }) => {
      const body = { email, roles: role, ...(site !== undefined && { site }) };
      const answer = await onHost(context, (api) => api.post('/operator/users/invitation', { body }));
      writeItem(answer.body, { json }, context);
    });
}
