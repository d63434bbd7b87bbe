import { Counter, Gauge, type Registry } from 'prom-client';
import type { Guard } from './guard.ts';
import type { Revocations } from './revocations.ts';
import type { Verifier } from './verifier.ts';

/** Registers the guard's numbers; they are read when Prometheus asks, so that no request pays for them. */
export function registerGuardMetrics({ verifier, jwks, revocations }: Guard, registry: Registry): void {
  registerVerifierMetrics(verifier, registry);
  registerKeyMetrics(jwks, registry);
  if (revocations !== undefined) registerRevocationMetrics(revocations, registry);
}

/** Verifications and what is remembered of them. */
export function registerVerifierMetrics(verifier: Pick<Verifier, 'counts'>, registry: Registry): void {
  const registers = [registry];
  new Counter({
    name: 'gaia_tokens_total',
    help: 'Access tokens by result: remembered, verified, or the check that refused',
    labelNames: ['result'],
    registers,
    collect() {
      const { remembered, verified, refused } = verifier.counts();
      this.reset();
      for (const [result, count] of Object.entries({ remembered, verified, ...refused })) this.inc({ result }, count);
    },
  });
  new Gauge({
    name: 'gaia_remembered_tokens',
    help: 'Verified access tokens that are remembered',
    registers,
    collect() {
      this.set(verifier.counts().cachedTokens);
    },
  });
}

/** The age of the issuers' keys, by issuer. */
export function registerKeyMetrics(jwks: Guard['jwks'], registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'gaia_jwks_age_seconds',
    help: "Time since the last good answer with an issuer's keys",
    labelNames: ['issuer'],
    registers,
    collect() {
      for (const [issuer, keys] of jwks) this.set({ issuer }, (keys.status().ageMs ?? Number.NaN) / 1_000);
    },
  });
  new Counter({
    name: 'gaia_jwks_fetches_total',
    help: "Requests for an issuer's keys, by outcome",
    labelNames: ['issuer', 'outcome'],
    registers,
    collect() {
      this.reset();
      for (const [issuer, keys] of jwks) {
        const { fetches, failures } = keys.status();
        this.inc({ issuer, outcome: 'failed' }, failures);
        this.inc({ issuer, outcome: 'ok' }, fetches - failures);
      }
    },
  });
}

/** How well the revocation feed is known. */
export function registerRevocationMetrics(revocations: Pick<Revocations, 'status'>, registry: Registry): void {
  const registers = [registry];
  new Gauge({
    name: 'gaia_revocations_age_seconds',
    help: 'Time since the view of the revocation feed was last known to be whole',
    registers,
    collect() {
      this.set((revocations.status().ageMs ?? Number.NaN) / 1_000);
    },
  });
  new Gauge({
    name: 'gaia_revocations',
    help: 'Living revocations held in memory',
    registers,
    collect() {
      this.set(revocations.status().activeRevocations);
    },
  });
}
