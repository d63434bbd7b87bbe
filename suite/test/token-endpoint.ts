import type { KeyObject } from 'node:crypto';
import type { TokenPurposeName } from '@gaia/tokens/purposes';
import { login, type SuiteWithKnownKeys, site } from './known-keys.ts';
import type { Answer } from './running-suite.ts';
import type { Claims } from './signed-as.ts';

export interface Reply extends Pick<Answer, 'status' | 'json'> {
  /** Says that it was a refusal, where status and `code` do not. */
  readonly refusal?: string | undefined;
}

export interface PreparedEndpoint {
  /** Claims that the endpoint accepts. */
  readonly claims: Claims;
  present(token: string): Promise<Reply>;
}

/** A place that takes a token. */
export interface TokenEndpoint {
  readonly name: string;
  /** The one purpose whose tokens it takes; undefined for a place that takes none of ours. */
  readonly takes: TokenPurposeName | undefined;
  /** Status with which it accepts. */
  readonly accepts?: number;
  /** The code of the problem with which it accepts, where it finds nothing then. */
  readonly code?: string;
  /** A `typ` that it takes as well, from any holder of the right key. */
  readonly alsoTakesType?: string;
  /**
   * A fault that the endpoint takes: `expired` where a session is ended, which a token may do that can no longer prolong
   * it; `issuer` where the secret says who sends.
   */
  readonly mayTake?: readonly (string | undefined)[];
  /** adversarial.test.ts sends it the forgeries of bearer tokens. */
  readonly hasAdversarialPack?: true;
  /** The `jti` names something that the endpoint keeps, so that another one would name nothing. */
  readonly refersByJti?: true;
  /** Makes ready what a token is to be for. */
  prepare(world: World): Promise<PreparedEndpoint>;
}

export interface World {
  readonly suite: SuiteWithKnownKeys;
  /** An access token of the administrator. */
  readonly token: string;
  readonly webhook: { readonly id: string };
  /** Ed25519 key that a client can sign with. */
  readonly clientKey: KeyObject;
}

export function accessClaims(suite: SuiteWithKnownKeys): Claims {
  return { ...suite.issuer.claimsFor({ role: 'owner', site }) };
}

export async function refreshClaims({ suite }: World): Promise<Claims> {
  return claimsOf((await login(suite.url)).refresh);
}

export function times(seconds: number): { iat: number; nbf: number; exp: number } {
  const now = Math.floor(Date.now() / 1_000);
  return { iat: now, nbf: now, exp: now + seconds };
}

export function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'));
}

export async function expectStatus(status: number, answer: Promise<Answer>): Promise<Answer> {
  const got = await answer;
  if (got.status !== status) throw new Error(`expected ${status}: ${got.status} ${got.text}`);
  return got;
}
