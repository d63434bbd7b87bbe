import type { Attacker } from '../attacker.ts';
import type { TestIssuer } from '../issuer.ts';

/** What is sent: headers as they are to go out, repeated ones in their order, and a query if any. */
export interface ForgedRequest {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * `essential`: no verifier in any language may accept it. `full`: what RFC 8725, RFC 9068 and Gaia ask beyond that, such
 * as a genuine signature over a header that a careful verifier does not take.
 */
export type ForgeryLevel = 'essential' | 'full';

export interface Forgery {
  /** `<group>: <what is wrong>`. */
  readonly name: string;
  readonly level: ForgeryLevel;
  /** The codes with which a service of Gaia refuses it. */
  readonly codes: readonly string[];
  readonly request: ForgedRequest;
}

/** What forgeries are made of: the issuer that the service trusts, and one that it does not. */
export interface ForgeryMaterial {
  readonly issuer: TestIssuer;
  readonly attacker: Attacker;
}

export const MALFORMED = ['token_malformed'] as const;
export const INVALID = ['token_invalid'] as const;
export const EXPIRED = ['token_expired'] as const;
export const MISSING = ['token_missing'] as const;
export const UNREADABLE = ['token_malformed', 'token_invalid'] as const;

export function bearer(accessToken: string): ForgedRequest {
  return { headers: [['authorization', `Bearer ${accessToken}`]] };
}

/** Makes the forgeries of one group. */
export function forgeriesOf(group: string) {
  const make =
    (level: ForgeryLevel) =>
    (what: string, codes: readonly string[], request: string | ForgedRequest): Forgery => ({
      name: `${group}: ${what}`,
      level,
      codes,
      request: typeof request === 'string' ? bearer(request) : request,
    });
  return { essential: make('essential'), full: make('full') };
}
