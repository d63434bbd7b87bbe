import { withTimeout } from '@gaia/promise-timeout';
import type { OutboxQueue, WaitingJob } from './queue.ts';

export interface OutboxWorker {
  start(): void;
  /** Looks for jobs now; calls while it works make it look once more. */
  wake(): void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
  /** Waits a moment for the attempts under way; what they leave undone another worker does, or this one after a restart. */
  stop(): Promise<void>;
}

export interface OutboxWorkerOptions<Job, Done extends string> {
  /** What the log calls a job, such as `mail`. */
  readonly name: string;
  readonly queue: OutboxQueue<Job>;
  /** Does a job; gives what became of it. Takes far less than `CLAIM_MS`. */
  perform(waiting: WaitingJob<Job>): Promise<Done>;
  /** What the table keeps of a failure, without anything about people, and whether trying again is useless. */
  failureOf(error: unknown): { readonly message: string; readonly permanent: boolean };
  /** Forgets what is of no use any more; asked for every ten minutes. */
  prune?(): Promise<void>;
  readonly log: {
    warn(details: object, message: string): void;
    error(details: object, message: string): void;
  };
  /** Told of every attempt's outcome. */
  onOutcome?(outcome: Done | 'later' | 'dead'): void;
}

/** How often the queue is looked at without being woken: for retries, and for jobs of replicas that have died. */
const POLL_MS = 5_000;
const PRUNE_EVERY = 120;
const STOP_MS = 3_000;
/** Jobs at a time. */
const BATCH = 4;

/** Does what waits in an outbox, in the background. Any number of replicas may run one. */
export function createOutboxWorker<Job extends { readonly kind: string }, Done extends string>(
  options: OutboxWorkerOptions<Job, Done>,
): OutboxWorker {
  const { name, queue, perform, failureOf, log, prune, onOutcome = () => {} } = options;
  let timer: NodeJS.Timeout | undefined;
  let working: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  let polls = 0;

  async function attempt(waiting: WaitingJob<Job>): Promise<void> {
    const details = { [name]: waiting.id, kind: waiting.job.kind, attempt: waiting.attempt };
    try {
      const done = await perform(waiting);
      await queue.done(waiting.id);
      onOutcome(done);
    } catch (error) {
      const outcome = await queue.failed(waiting, failureOf(error));
      onOutcome(outcome);
      if (outcome === 'dead') log.error({ ...details, err: error }, `${name}: given up`);
      else log.warn({ ...details, err: error }, `${name}: failed, and tried again later`);
    }
  }

  async function work(): Promise<void> {
    try {
      do {
        again = false;
        const jobs = await queue.claim(BATCH);
        await Promise.all(jobs.map(attempt));
        if (jobs.length === BATCH) again = true;
      } while (again && !stopped);
    } catch (error) {
      // Without its database there is nothing to do but to try again; /ready tells of the database.
      log.warn({ err: error }, `${name}: the queue could not be read`);
    }
  }

  function wake(): void {
    if (stopped) return;
    again = true;
    working ??= work().finally(() => {
      working = undefined;
      if (again) wake();
    });
  }

  async function poll(): Promise<void> {
    wake();
    polls += 1;
    if (polls % PRUNE_EVERY === 1) {
      await prune?.().catch((error) => log.warn({ err: error }, `${name}: the queue was not pruned`));
    }
  }

  return {
    wake,
    idle: async () => {
      while (working !== undefined) await working;
    },
    start: () => {
      timer = setInterval(() => void poll(), POLL_MS);
      timer.unref();
      void poll();
    },
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await withTimeout(working, STOP_MS).catch(() => {});
    },
  };
}
