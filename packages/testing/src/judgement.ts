import type { Forgery, ForgeryLevel } from './forgeries/forgery.ts';
import type { Answer } from './senders.ts';

export interface ForgeryResult {
  readonly name: string;
  readonly level: ForgeryLevel;
  readonly status: number;
  /** Member `code` of the answer, if there is one. */
  readonly code: string | undefined;
  readonly expectedCodes: readonly string[];
  readonly refused: boolean;
  /** What is wrong with the answer; undefined if nothing is. */
  readonly fault: string | undefined;
}

/** What is to be said of an answer to a forgery: at level `full` it must be Gaia's, else any refusal will do. */
export function judged(forgery: Forgery, answer: Answer, level: ForgeryLevel): ForgeryResult {
  const code = codeOf(answer.body);
  const fault = level === 'full' ? faultOfGaia(forgery, answer, code) : faultOfAny(answer);
  const { name, level: own, codes: expectedCodes } = forgery;
  return { name, level: own, status: answer.status, code, expectedCodes, refused: fault === undefined, fault };
}

const REFUSALS = new Set([400, 401, 403, 431]);

function faultOfAny({ status }: Answer): string | undefined {
  return REFUSALS.has(status) ? undefined : `answered ${status}`;
}

/** RFC 6750 §3: a request without a token is told the scheme alone, any other the error as well. */
function faultOfGaia({ codes }: Forgery, { status, headers }: Answer, code: string | undefined): string | undefined {
  if (status !== 401) return `answered ${status}, not 401`;
  if (code === undefined || !codes.includes(code))
    return `refused with ${code ?? 'no code'}, not ${codes.join(' or ')}`;
  const challenge = headers['www-authenticate'];
  if (typeof challenge !== 'string' || !challenge.startsWith('Bearer ')) return 'refused without a challenge';
  const toldError = challenge.includes('error="invalid_token"');
  return toldError === (code === 'token_missing') ? `refused with the challenge ${challenge}` : undefined;
}

function codeOf(body: string): string | undefined {
  try {
    const { code } = JSON.parse(body) as { code?: unknown };
    return typeof code === 'string' ? code : undefined;
  } catch {
    return undefined;
  }
}
