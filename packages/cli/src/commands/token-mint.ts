import { asAdministrator, isToken } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { baseUrl, duration, list, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

const MAX_SCOPE_LENGTH = 4_096;

export const tokenMint = defineCommand({
  name: 'token mint',
  summary: 'Make an access token for a user (needs an administrator)',
  details: [
    'Prints the token and nothing else, so that a script can keep it: TOKEN=$(gaia token mint …).',
    'The token can do what the user can do on that site, or less with --scope. Every minting stands in the audit log.',
    'The token ends with the session of the administrator that this command begins: ending that revokes it.',
    'The administrator is GAIA_ADMIN_EMAIL with GAIA_ADMIN_PASSWORD, or is asked for on the terminal.',
  ],
  operands: {},
  options: {
    user: text({ placeholder: '<email|id>', doc: 'whom the token is for', required: true }),
    site: text({ placeholder: '<site>', doc: 'id of the site that it is for', required: true }),
    ttl: duration({ doc: 'how long it lives', min: 1, max: 1_800, fallback: 900 }),
    scope: list({ placeholder: '<scope>', doc: 'only these permissions, "content:read assets:read" or several times' }),
    url: baseUrl({ doc: 'the suite' }),
  },
  examples: [
    'TOKEN=$(gaia token mint --user ann@example.com --site site-a.localhost --ttl 5m)',
    'gaia token mint --user ann@example.com --site site-a.localhost --scope content:read | gaia token inspect -',
  ],
  run: async (values, context) => {
    const url = suiteUrl(values.url, context);
    const scope = scopeOf(values.scope);
    const mint = async (api: ApiClient) => {
      const { body } = await api.post('/auth/tokens', {
        body: { user: values.user, site: values.site, ttl_seconds: values.ttl, ...(scope !== undefined && { scope }) },
      });
      if (typeof body.access_token !== 'string' || !isToken(body.access_token)) {
        throw new Failure(`${url} answered without an access token`);
      }
      return body.access_token;
    };
    // The token ends with the session that it was minted in.
    const token = await asAdministrator(url, context, mint, { keepsLogin: true });
    context.stdout.write(`${token}\n`);
    return exitCodes.ok;
  },
});

/** RFC 6749 §3.3: permissions with single spaces between them. */
function scopeOf(given: readonly string[]): string | undefined {
  if (given.length === 0) return undefined;
  const names = given.flatMap((text) => text.split(/\s+/)).filter((name) => name !== '');
  const scope = [...new Set(names)].join(' ');
  if (names.length === 0 || scope.length > MAX_SCOPE_LENGTH || !/^[\x21\x23-\x5B\x5D-\x7E ]+$/.test(scope)) {
    throw new UsageError('--scope must be permissions like content:read, with spaces between them');
  }
  return scope;
}
