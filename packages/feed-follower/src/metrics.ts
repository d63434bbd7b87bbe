import { Counter, Gauge, type Registry } from 'prom-client';

export interface FeedMetrics {
  /** Counts events that were applied. */
  applied(events: number): void;
}

/** Registers `gaia_<service>_lag_seconds` and `gaia_<service>_events_total`; the lag is read when Prometheus asks. */
export function registerFeedMetrics(
  registry: Registry,
  service: string,
  lag: () => Promise<number | null>,
): FeedMetrics {
  const registers = [registry];
  new Gauge({
    name: `gaia_${service}_lag_seconds`,
    help: 'How far the service may be behind the content; NaN before it was ever complete',
    registers,
    async collect() {
      this.set((await lag().catch(() => null)) ?? Number.NaN);
    },
  });
  const events = new Counter({
    name: `gaia_${service}_events_total`,
    help: 'Changes of the content that this process has applied',
    registers,
  });
  return { applied: (count) => events.inc(count) };
}
