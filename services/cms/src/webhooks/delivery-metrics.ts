import { Counter, type Registry } from 'prom-client';

export type DeliveryOutcome = 'applied' | 'duplicate' | 'ignored' | 'refused' | 'rate_limited';

/** Counts what became of messages of other systems; `reason` says why one was refused. */
export function deliveryOutcomes(metrics: Registry): (outcome: DeliveryOutcome, reason?: string) => void {
  const counter = new Counter({
    name: 'gaia_cms_webhook_deliveries_total',
    help: 'Messages that webhook endpoints got, by what became of them',
    labelNames: ['outcome', 'reason'],
    registers: [metrics],
  });
  return (outcome, reason = '') => counter.inc({ outcome, reason });
}
