import { bearer, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import type { Kysely } from 'kysely';
import { type Caller, isAdministrator, requireAnyScope } from '../access/permissions.ts';
import type { AuthTables } from '../database.ts';
import { problem } from '../errors.ts';
import type { AuditLog } from './audit-log.ts';
import { verifyChain } from './chain.ts';
import { AuditAnswer, AuditQuery, auditAnswer, VerdictAnswer, VerifyBody, verdictAnswer } from './schemas.ts';

/** Entries that one call works through. */
const VERIFY_LIMIT = 50_000;

/** `/auth/audit`: what has happened. To be registered under a guard. */
export function registerAudit(
  app: Service,
  { auditLog, database }: { auditLog: AuditLog; database: Kysely<AuthTables> },
): void {
  app.get(
    '/auth/audit',
    {
      schema: {
        summary: 'What has happened, newest first',
        description: 'Of the token’s site; administrators of the installation see everything, or one `site`.',
        tags: ['audit'],
        ...bearer,
        querystring: AuditQuery,
        response: {
          200: pageSchema(AuditAnswer),
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
          }),
        },
      },
    },
    async (request) => {
      const { limit, cursor, site, from, to, ...filter } = request.query;
      const rows = await auditLog.list({
        ...filter,
        limit,
        site: visibleSite(identityOf(request), site),
        before: cursor === undefined ? undefined : readCursor(cursor),
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to),
      });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next = rows.length > limit && last !== undefined ? Buffer.from(`${last.seq}`).toString('base64url') : null;
      return { items: items.map(auditAnswer), next_cursor: next };
    },
  );

  app.post(
    '/auth/audit/verify',
    {
      schema: {
        summary: 'Check the hash chain of the audit log (administrators of the installation)',
        description: 'One call checks a part; `next` tells where the next one goes on.',
        tags: ['audit'],
        ...bearer,
        body: VerifyBody,
        response: {
          200: VerdictAnswer,
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals, 403: ['insufficient_scope'] }),
        },
      },
    },
    async (request) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      const { after = 0, noted } = request.body;
      return verdictAnswer(await verifyChain(database, { after, noted, limit: VERIFY_LIMIT }));
    },
  );
}

/** A token is for one site, and so is what it shows; undefined: everything. 403 insufficient_scope, forbidden. */
function visibleSite(caller: Caller, wanted: string | undefined): string | undefined {
  if (isAdministrator(caller)) return wanted;
  requireAnyScope(caller, 'audit:read');
  if (caller.site === undefined || (wanted !== undefined && wanted !== caller.site)) throw problem('forbidden');
  return caller.site;
}

function readCursor(cursor: string): number {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!/^\d{1,15}$/.test(text)) throw problem('invalid_cursor');
  return Number(text);
}
