import { Counter, type Registry } from 'prom-client';

/** Counts what became of mails: `sent`, `nothing` to send, tried again `later`, or given up as `dead`. */
export function mailOutcomes(metrics: Registry): (outcome: 'sent' | 'nothing' | 'later' | 'dead') => void {
  const counter = new Counter({
    name: 'gaia_auth_mails_total',
    help: 'Attempts to send a mail by outcome',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  return (outcome) => counter.inc({ outcome });
}
