import { AssertionError } from 'node:assert';
import { startAttacker } from './attacker.ts';
import { algorithmForgeries } from './forgeries/algorithms.ts';
import { claimForgeries } from './forgeries/claims.ts';
import { encodingForgeries } from './forgeries/encodings.ts';
import { bearer, type Forgery, type ForgeryLevel, type ForgeryMaterial } from './forgeries/forgery.ts';
import { keyForgeries } from './forgeries/keys.ts';
import { requestForgeries } from './forgeries/requests.ts';
import { signatureForgeries } from './forgeries/signatures.ts';
import type { TestIssuer } from './issuer.ts';
import { type ForgeryResult, judged } from './judgement.ts';
import type { Send } from './senders.ts';

export interface AdversarialPackOptions {
  /** The issuer that the service under test trusts. */
  readonly issuer: TestIssuer;
  /** Sends to a route that answers 2xx to a good token: `overHttp(url)` or `inProcess(app, url)`. */
  readonly send: Send;
  /**
   * `full` (the default) asks for Gaia's exact answers: 401, the code, `WWW-Authenticate`.
   * `essential` asks only that what no verifier may accept is refused: any of 400, 401, 403, 431.
   */
  readonly level?: ForgeryLevel;
}

export interface AdversarialReport {
  readonly results: readonly ForgeryResult[];
  /** A good token, before and after: if it is refused, the refusals mean nothing. */
  readonly goodTokenAccepted: boolean;
  /** Requests that the service sent to addresses that stood in tokens. */
  readonly requestsToAttacker: number;
}

/**
 * Sends every forgery to a service and says by name how each was answered. Takes a few seconds at most.
 * Throws only if the service cannot be reached; pass the report to assertAllRefused.
 */
export async function adversarialPack(options: AdversarialPackOptions): Promise<AdversarialReport> {
  const { issuer, send, level = 'full' } = options;
  const attacker = await startAttacker(issuer.now());
  try {
    const before = await isAccepted(options);
    const results: ForgeryResult[] = [];
    for (const forgery of forgeries({ issuer, attacker }, level)) {
      results.push(judged(forgery, await send(forgery.request), level));
    }
    const goodTokenAccepted = before && (await isAccepted(options));
    return { results, goodTokenAccepted, requestsToAttacker: attacker.requests() };
  } finally {
    await attacker.close();
  }
}

/** Every forgery of a level, made for one issuer. */
export function forgeries(material: ForgeryMaterial, level: ForgeryLevel): readonly Forgery[] {
  const all = [
    ...algorithmForgeries(material),
    ...keyForgeries(material),
    ...signatureForgeries(material),
    ...claimForgeries(material),
    ...encodingForgeries(material),
    ...requestForgeries(material),
  ];
  return level === 'full' ? all : all.filter((forgery) => forgery.level === 'essential');
}

/** Throws an AssertionError that names every forgery that was not refused as it should be. */
export function assertAllRefused(report: AdversarialReport): void {
  const faults = report.results.filter((result) => result.fault !== undefined);
  const lines = faults.map(({ name, fault }) => `  ${name}: ${fault}`);
  if (!report.goodTokenAccepted) lines.unshift('  a good token was refused, so refusals mean nothing');
  if (report.requestsToAttacker > 0)
    lines.unshift(`  ${report.requestsToAttacker} requests went to addresses out of tokens`);
  if (report.results.length === 0) lines.unshift('  nothing was tried');
  if (lines.length === 0) return;
  throw new AssertionError({ message: `${faults.length} of ${report.results.length} forgeries:\n${lines.join('\n')}` });
}

async function isAccepted({ issuer, send }: AdversarialPackOptions): Promise<boolean> {
  const { status } = await send(bearer(issuer.tokenFor({ role: 'owner' })));
  return status >= 200 && status < 300;
}
