import type { CounterStore } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import type { Kysely } from 'kysely';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AuthTables } from '../database.ts';
import { selfOf } from '../permissions/user-caller.ts';
import type { CallService } from '../service-clients/call-service.ts';
import type { InternalTokens } from '../service-clients/internal-tokens.ts';
import { sessionResponse } from '../sessions/session-response.ts';
import type { UserSessions } from '../sessions/user-sessions.ts';
import { rateLimited } from '../throttling/login-throttle.ts';
import { readAccountRecord } from './account-record.ts';
import { auditPages } from './audit-pages.ts';
import { jsonDocument } from './json-document.ts';
import { openServiceList } from './service-pages.ts';

export interface AccountExportOptions {
  readonly database: Kysely<AuthTables>;
  readonly userSessions: Pick<UserSessions, 'list'>;
  readonly callService: CallService;
  readonly internalTokens: Pick<InternalTokens, 'forExport'>;
  /** Undefined where nobody is held to a rate. */
  readonly counters: CounterStore | undefined;
  readonly audit: Pick<Audit, 'record'>;
  /** Addresses of files begin with it. */
  readonly publicUrl: string;
  now(): number;
}

/**
 * All that the suite holds of the caller, as the text of a JSON document that is made while it is read. When this resolves
 * every service has answered; if one fails later, the text breaks off with an error, and its last member, `complete`, is
 * missing. Throws forbidden for who acts for a user, user_not_found, rate_limited, cms_unavailable, assets_unavailable.
 */
export type AccountExport = (caller: Identity, by: Actor) => Promise<AsyncGenerator<string>>;

const PER_WINDOW = 6;
const WINDOW_MS = 3_600_000;

export function createAccountExport(options: AccountExportOptions): AccountExport {
  const { database, userSessions, callService, internalTokens, counters, audit, publicUrl, now } = options;

  async function count(user: string): Promise<void> {
    const at = now();
    const used = await counters?.add(`export:${user}`, 1, WINDOW_MS, at);
    if (used !== undefined && used.value > PER_WINDOW) throw rateLimited(used.endsAt - at);
  }

  return async (caller, by) => {
    const user = selfOf(caller);
    await count(user);
    const record = await readAccountRecord(database, user, now());
    const sessions = await userSessions.list(caller);
    const { requestId } = by;
    const [forCms, forAssets] = await Promise.all([
      internalTokens.forExport(caller, 'cms'),
      internalTokens.forExport(caller, 'assets'),
    ]);
    const [entries, entitlements, files] = await Promise.all([
      openServiceList(callService, 'cms', { path: '/cms/me/entries', accessToken: forCms, requestId }),
      openServiceList(callService, 'cms', { path: '/cms/me/entitlements', accessToken: forCms, requestId }),
      openServiceList(callService, 'assets', { path: '/assets/me/files', accessToken: forAssets, requestId }),
    ]);
    await audit.record(by, { action: 'account.export', site: caller.site, target: user });

    async function* addressed(): AsyncGenerator<readonly object[]> {
      for await (const items of files.pages()) {
        yield items.map((item) => ({ ...item, url: `${publicUrl}${(item as { url?: unknown }).url}` }));
      }
    }

    return jsonDocument({
      exported_at: new Date(now()).toISOString(),
      account: record.account,
      memberships: record.memberships,
      sessions: sessions.map(sessionResponse),
      devices: record.devices,
      invitations: record.invitations,
      audit: auditPages(database, user),
      entries: entries.pages(),
      entitlements: entitlements.pages(),
      files: addressed(),
      complete: true,
    });
  };
}
