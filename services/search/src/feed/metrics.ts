import { Counter, Gauge, type Registry } from 'prom-client';

export interface IndexMetrics {
  /** Counts events that were applied. */
  applied(events: number): void;
}

/** Registers the index's numbers; the lag is read when Prometheus asks. */
export function registerIndexMetrics(registry: Registry, lag: () => Promise<number | null>): IndexMetrics {
  const registers = [registry];
  new Gauge({
    name: 'gaia_search_lag_seconds',
    help: 'How far the index may be behind the content; NaN before it was ever complete',
    registers,
    async collect() {
      this.set((await lag().catch(() => null)) ?? Number.NaN);
    },
  });
  const events = new Counter({
    name: 'gaia_search_events_total',
    help: 'Changes that this process has applied to the index',
    registers,
  });
  return { applied: (count) => events.inc(count) };
}
