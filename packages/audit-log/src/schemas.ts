import { SiteId } from '@gaia/http-service/route-schemas';
import { type Static, Type } from 'typebox';
import type { AuditRecord } from './audit-log.ts';
import type { ChainVerdict } from './chain.ts';

const Word = Type.String({ minLength: 1, maxLength: 256, pattern: '^[^\\p{Cc}]*$' });

export const AuditQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 50, description: 'Most items of the answer' }),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 64, description: '`next_cursor` of the page before' }),
    ),
    site: Type.Optional(SiteId),
    actor: Type.Optional(Word),
    target: Type.Optional(Word),
    action: Type.Optional(Word),
    outcome: Type.Optional(Type.Unsafe<'ok' | 'refused'>({ type: 'string', enum: ['ok', 'refused'] })),
    from: Type.Optional(Type.String({ format: 'date-time', description: 'Not before' })),
    to: Type.Optional(Type.String({ format: 'date-time', description: 'Before' })),
  },
  { additionalProperties: false },
);

const optionalText = Type.Union([Type.String(), Type.Null()]);

export const AuditAnswer = Type.Object(
  {
    seq: Type.Integer({ description: 'Position in the chain' }),
    hash: Type.String({ description: 'SHA-256 of the hash before and of this entry, hexadecimal' }),
    at: Type.String(),
    action: Type.String(),
    outcome: Type.String(),
    actor: optionalText,
    acting_party: optionalText,
    session: optionalText,
    address: optionalText,
    request_id: optionalText,
    site: optionalText,
    target: optionalText,
    details: Type.Object({}, { additionalProperties: true }),
  },
  { title: 'AuditEntry' },
);

const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const Seq = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

export const VerifyBody = Type.Object(
  {
    after: Type.Optional(Type.Integer({ ...Seq, description: '`next` of the call before' })),
    noted: Type.Optional(
      Type.Object({ seq: Seq, hash: Hash }, { additionalProperties: false, description: 'A `head` of an earlier day' }),
    ),
  },
  { additionalProperties: false },
);

export const VerdictAnswer = Type.Object(
  {
    intact: Type.Boolean(),
    fault: Type.Union([Type.Object({ seq: Seq, reason: Type.String() }), Type.Null()]),
    checked: Type.Integer(),
    next: Type.Union([Seq, Type.Null()], { description: 'Null when the newest event has been checked' }),
    head: Type.Object({ seq: Seq, hash: Hash }),
  },
  { title: 'AuditVerdict' },
);

export function auditAnswer({ seq, hash, entry }: AuditRecord): Static<typeof AuditAnswer> {
  const text = (name: string) => (typeof entry[name] === 'string' ? entry[name] : null);
  return {
    seq,
    hash,
    at: new Date(Number(entry.at)).toISOString(),
    action: text('action') ?? '',
    outcome: text('outcome') ?? '',
    actor: text('actor'),
    acting_party: text('acting_party'),
    session: text('session'),
    address: text('address'),
    request_id: text('request_id'),
    site: text('site'),
    target: text('target'),
    details: (entry.details ?? {}) as Record<string, unknown>,
  };
}

export function verdictAnswer({ intact, fault, checked, next, head }: ChainVerdict): Static<typeof VerdictAnswer> {
  return { intact, fault: fault === undefined ? null : { ...fault }, checked, next: next ?? null, head: { ...head } };
}
