import { isJsonObject, type JsonObject } from '../api/json.ts';
import { printable } from '../terminal/printable.ts';
import { alignedRows } from '../terminal/table.ts';
import type { DecodedToken } from './decoded-token.ts';
import { purposeOf, purposeSentence } from './purpose-text.ts';
import { refusalAdvice } from './refusal-advice.ts';
import type { Standing } from './standing.ts';
import { relativeText, timeText } from './time-text.ts';
import type { Verdict } from './verdict.ts';

/** Everything that was found out about a token. */
export interface Inspection {
  readonly decoded: DecodedToken;
  readonly verdict: Verdict;
  /** What the suite said; undefined if it was not asked. */
  readonly standing: Standing | undefined;
  readonly checkedAgainst: {
    readonly jwks: string;
    readonly issuer: string;
    readonly audiences: readonly string[];
  };
}

const TIME_CLAIMS = ['exp', 'iat', 'nbf', 'auth_time', 'updated_at'];

/** For a reader. `now` in milliseconds. */
export function inspectionText(inspection: Inspection, now: number): string {
  const { decoded, checkedAgainst } = inspection;
  const { jwks, issuer, audiences } = checkedAgainst;
  return [
    ...(decoded.header === undefined ? [] : [`${purposeSentence(decoded.header)}\n\n`]),
    partText('Header', decoded.header, now),
    partText('Payload', decoded.payload, now),
    `Expected\n${alignedRows(
      [
        ['issuer', issuer],
        ['audience', audiences.join(' or ')],
        ['keys at', jwks],
      ],
      '  ',
    )}`,
    verdictText(inspection, now),
  ].join('');
}

function partText(title: string, part: JsonObject | undefined, now: number): string {
  if (part === undefined) return `${title}\n  cannot be read\n\n`;
  const rows = Object.entries(part).map(([name, value]) => {
    const raw = typeof value === 'string' ? value : JSON.stringify(value);
    const time = TIME_CLAIMS.includes(name) ? timeText(value, now) : undefined;
    return [name, time === undefined ? raw : `${raw}  (${time})`];
  });
  return `${title}\n${alignedRows(rows, '  ')}\n`;
}

function verdictText({ verdict, standing, decoded }: Inspection, now: number): string {
  if (!verdict.accepted) {
    const { reason, code, message } = verdict;
    return `\nREFUSED  ${reason} (${code}): ${message}\n  ${refusalAdvice[reason]}\n`;
  }
  if (standing?.kind === 'refused') return revokedText(standing);
  const exp = decoded.payload?.exp;
  const expiry = typeof exp === 'number' ? `  It expires ${relativeText(exp, now)}.\n` : '';
  return `\nVALID  signature, claims and times are right\n${expiry}${standingText(standing)}`;
}

function revokedText({ reason, code, lines }: Extract<Standing, { kind: 'refused' }>): string {
  const head = `\nREFUSED  ${printable(reason ?? code)} (${printable(code)}): genuine, but the suite does not take it\n`;
  const advice = reason === undefined ? [] : [refusalAdvice[reason]];
  return head + [...lines.map(printable), ...advice].map((line) => `  ${line}\n`).join('');
}

function standingText(standing: Standing | undefined): string {
  if (standing === undefined) return '  Whether it was revoked was not asked: only a running suite knows.\n';
  if (standing.kind === 'accepted') return '  The suite takes it: it was not revoked.\n';
  return standing.kind === 'unknown'
    ? `  Whether it was revoked could not be found out: ${printable(standing.message)}\n`
    : '';
}

/** For a script. */
export function inspectionJson({ decoded, verdict, standing, checkedAgainst }: Inspection): JsonObject {
  const { header = null, payload = null } = decoded;
  const purpose = isJsonObject(header) ? purposeOf(header) : undefined;
  return {
    accepted: verdict.accepted && standing?.kind !== 'refused',
    ...refusalJson(verdict, standing),
    revocation: standing?.kind ?? 'not_asked',
    purpose: purpose ?? null,
    header,
    payload,
    checked: checkedAgainst,
  };
}

function refusalJson(verdict: Verdict, standing: Standing | undefined): JsonObject {
  if (!verdict.accepted) {
    const { reason, code, message } = verdict;
    return { reason, code, message, advice: refusalAdvice[reason] };
  }
  if (standing?.kind !== 'refused') return {};
  const { reason, code, lines } = standing;
  return { reason: reason ?? null, code, message: lines[0] ?? code, advice: reason ? refusalAdvice[reason] : null };
}
