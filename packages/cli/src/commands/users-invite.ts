import { defineCommand } from '../command.ts';
import { exitCodes } from '../failure.ts';
import { userAddress } from '../host/host-options.ts';
import { onHost } from '../host/on-host.ts';
import { flag, list, text } from '../option.ts';
import { writeItem } from '../terminal/item-list.ts';

export const usersInvite = defineCommand({
  name: 'users invite',
  summary: 'Invite somebody to a site, on the host and without a login',
  details: ['A mail brings a link, at whose page the password is chosen. The site must take members by invitation.'],
  operands: { email: userAddress },
  options: {
    site: text({ placeholder: '<site>', doc: 'the only one there is, if absent' }),
    role: list({ placeholder: '<role>', doc: 'role there: member (if absent), author, editor, admin, owner' }),
    json: flag({ doc: 'print the invitation as JSON' }),
  },
  examples: ['gaia users invite ann@example.com --site site-a.localhost --role owner'],
  run: async ({ email, site, role, json }, context) => {
    const body = { email, roles: role.length > 0 ? role : ['member'], ...(site !== undefined && { site }) };
    const answer = await onHost(context, (api) => api.post('/operator/users/invitation', { body }));
    writeItem(answer.body, { json }, context);
    return exitCodes.ok;
  },
});
