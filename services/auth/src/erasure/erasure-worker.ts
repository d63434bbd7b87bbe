import { Problem } from '@gaia/http-service/problem';
import type { Kysely } from 'kysely';
import { Counter, type Registry } from 'prom-client';
import type { AuthTables } from '../database.ts';
import { createOutboxQueue } from '../outbox/queue.ts';
import { createOutboxWorker, type OutboxWorker } from '../outbox/worker.ts';
import type { CallService } from '../service-clients/call-service.ts';
import type { InternalTokens } from '../service-clients/internal-tokens.ts';
import type { ErasureJob } from './erasure-outbox.ts';

export interface ErasureWorkerOptions {
  readonly database: Kysely<AuthTables>;
  readonly callService: CallService;
  readonly internalTokens: Pick<InternalTokens, 'forErasing'>;
  readonly metrics: Registry;
  readonly log: {
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  now(): number;
  random(): number;
}

/** A service that is back is soon told, however long it was away. */
const LONGEST_RETRY_MS = 300_000;

/** Has the other services erase what they keep of deleted users: again and again until each has said that it is done. */
export function createErasureWorker(options: ErasureWorkerOptions): OutboxWorker {
  const { database, callService, internalTokens, metrics, log, now, random } = options;
  const outcomes = new Counter({
    name: 'gaia_auth_erasures_total',
    help: 'Attempts to have a service erase what it keeps of a deleted user, by outcome',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  return createOutboxWorker<ErasureJob, 'erased'>({
    name: 'erasure',
    queue: createOutboxQueue<ErasureJob>({
      database,
      table: 'erasure_outbox',
      maxAttempts: Number.POSITIVE_INFINITY,
      longestRetryMs: LONGEST_RETRY_MS,
      now,
      random,
    }),
    perform: async ({ id, job: { service, subject } }) => {
      await callService(service, {
        method: 'DELETE',
        path: `/${service}/subjects/${subject}`,
        accessToken: await internalTokens.forErasing(service),
        requestId: id,
      });
      return 'erased';
    },
    failureOf: (error) => ({ message: error instanceof Problem ? error.code : 'internal_error', permanent: false }),
    log,
    onOutcome: (outcome) => outcomes.inc({ outcome }),
  });
}
