import { Gauge, type Registry } from 'prom-client';
import type { ConcurrencyLimiter } from './concurrency-limiter.ts';

/** `gaia_auth_password_hashes`: how many are being computed, and how many wait for their turn. */
export function registerHashMetrics(
  metrics: Registry,
  limiter: Pick<ConcurrencyLimiter, 'running' | 'waiting'>,
  threads: number,
): void {
  new Gauge({
    name: 'gaia_auth_password_hashes',
    help: 'Password hashes at this moment, running and waiting for their turn',
    labelNames: ['state'],
    registers: [metrics],
    collect() {
      const running = Math.min(limiter.running(), threads);
      this.set({ state: 'running' }, running);
      this.set({ state: 'waiting' }, limiter.running() - running + limiter.waiting());
    },
  });
}
