import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { problem } from '@gaia/http-service/problem';
import { bearer, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { insufficientScope } from '@gaia/token-guard/problems';
import { requireScope } from '@gaia/token-guard/requirements';
import type { Identity } from '@gaia/tokens/identity';
import type { Kysely } from 'kysely';
import { createAuditLog } from './audit-log.ts';
import { verifyChain } from './chain.ts';
import { AuditAnswer, AuditQuery, auditAnswer, VerdictAnswer, VerifyBody, verdictAnswer } from './schemas.ts';
import type { AuditTables } from './tables.ts';

export interface AuditRoutes {
  readonly database: Kysely<AuditTables>;
  /** Awaited before the log is read: what happened before is then in it. */
  readonly settle?: () => Promise<void>;
}

/** Entries that one call works through. */
const VERIFY_LIMIT = 50_000;

/** `GET <path>` and `POST <path>/verify`: what has happened. To be registered under a guard. */
export function registerAudit(
  app: Service,
  path: `/${string}/audit`,
  { database, settle = async () => {} }: AuditRoutes,
): void {
  const auditLog = createAuditLog(database);
  const name = path.split('/')[1] ?? '';
  const service = `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

  app.get(
    path,
    {
      schema: {
        operationId: `list${service}AuditEntries`,
        summary: `List the audit log of ${name}`,
        description:
          'Newest first. Of the token’s site; administrators of the installation see everything, or one `site`.',
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
      const visible = visibleSite(identityOf(request), site);
      const [before] = readCursor(cursor, isSequence) ?? [];
      await settle();
      const rows = await auditLog.list({
        ...filter,
        limit,
        site: visible,
        before,
        from: from === undefined ? undefined : Date.parse(from),
        to: to === undefined ? undefined : Date.parse(to),
      });
      const items = rows.slice(0, limit);
      const last = items.at(-1);
      const next = rows.length > limit && last !== undefined ? writeCursor([last.seq]) : null;
      return { items: items.map(auditAnswer), next_cursor: next };
    },
  );

  app.post(
    `${path}/verify`,
    {
      onRequest: [requireScope('sites:manage')],
      schema: {
        operationId: `verify${service}Audit`,
        summary: `Verify the audit log of ${name}`,
        description:
          'Checks the hash chain, for administrators of the installation. One call checks a part; `next` tells where the next one goes on.',
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
      await settle();
      const { after = 0, noted } = request.body;
      return verdictAnswer(await verifyChain(database, { after, noted, limit: VERIFY_LIMIT }));
    },
  );
}

/** A token is for one site, and so is what it shows; undefined: everything. 403 insufficient_scope, forbidden. */
function visibleSite({ scopes, site }: Identity, wanted: string | undefined): string | undefined {
  if (scopes.includes('sites:manage')) return wanted;
  if (!scopes.includes('audit:read')) throw insufficientScope(['audit:read']);
  if (site === undefined || (wanted !== undefined && wanted !== site)) throw problem('forbidden');
  return site;
}

function isSequence(values: CursorValues): values is readonly [number] {
  return values.length === 1 && Number.isSafeInteger(values[0]) && Number(values[0]) >= 0;
}
