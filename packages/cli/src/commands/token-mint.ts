import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator, isToken } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure, UsageError } from '../failure.ts';
import { durationOption, listOption, requiredOption, suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

const MAX_SCOPE_LENGTH = 4_096;
/** In seconds. */
const lifetime = { min: 1, max: 1_800, fallback: 900 };

export function addTokenMint(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('mint'), {
    summary: 'Make an access token for a user (needs an administrator)',
    details: [
      'Prints the token and nothing else, so that a script can keep it: TOKEN=$(gaia token mint …).',
      'The token can do what the user can do on that site, or less with --scope. Every minting stands in the audit log.',
      'The token ends with the session of the administrator that this command begins: ending that revokes it.',
      'The administrator is GAIA_ADMIN_EMAIL with GAIA_ADMIN_PASSWORD, or is asked for on the terminal.',
    ],
    examples: [
      'TOKEN=$(gaia token mint --user ann@example.com --site site-a.localhost --ttl 5m)',
      'gaia token mint --user ann@example.com --site site-a.localhost --scope content:read | gaia token inspect -',
    ],
  })
    .addOption(requiredOption('--user <email|id>', 'whom the token is for'))
    .addOption(requiredOption('--site <site>', 'id of the site that it is for'))
    .addOption(durationOption('--ttl <duration>', 'how long it lives', lifetime))
    .addOption(listOption('--scope <scope>', 'only these permissions, "content:read assets:read" or several times'))
    .addOption(suiteOption())
    .action(async (values) => {
      const url = suiteUrl(values.url, context);
      const scope = scopeOf(values.scope);
      const mint = async (api: ApiClient) => {
        const { body } = await api.post('/auth/tokens', {
          body: {
            user: values.user,
            site: values.site,
            ttl_seconds: values.ttl ?? lifetime.fallback,
            ...(scope !== undefined && { scope }),
          },
        });
        if (typeof body.access_token !== 'string' || !isToken(body.access_token)) {
          throw new Failure(`${url} answered without an access token`);
        }
        return body.access_token;
      };
      // The token ends with the session that it was minted in.
      const token = await asAdministrator(url, context, mint, { keepsLogin: true });
      context.stdout.write(`${token}\n`);
    });
}

/** RFC 6749 §3.3: permissions with single spaces between them. */
function scopeOf(given: readonly string[] | undefined): string | undefined {
  if (given === undefined) return undefined;
  const names = given.flatMap((text) => text.split(/\s+/)).filter((name) => name !== '');
  const scope = [...new Set(names)].join(' ');
  if (names.length === 0 || scope.length > MAX_SCOPE_LENGTH || !/^[\x21\x23-\x5B\x5D-\x7E ]+$/.test(scope)) {
    throw new UsageError('--scope must be permissions like content:read, with spaces between them');
  }
  return scope;
}
