export interface PeriodicJob {
  /** Does the work as soon as what is under way has ended. */
  trigger(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface PeriodicJobOptions {
  readonly name: string;
  readonly everyMs: number;
  work(): Promise<void>;
  readonly log: { error(details: object, message: string): void };
}

/** Does a piece of work again and again, never twice at a time. A failure is logged, and followed by the next attempt. */
export function startPeriodicJob({ name, everyMs, work, log }: PeriodicJobOptions): PeriodicJob {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;

  async function run(): Promise<void> {
    do {
      again = false;
      try {
        await work();
      } catch (error) {
        log.error({ err: error, job: name }, 'a periodic job failed');
      }
    } while (again && !stopped);
  }

  function schedule(delayMs: number): void {
    clearTimeout(timer);
    if (stopped) return;
    timer = setTimeout(() => {
      running = run().finally(() => {
        running = undefined;
        schedule(everyMs);
      });
    }, delayMs);
    timer.unref();
  }

  schedule(everyMs);
  return {
    trigger: () => {
      if (running === undefined) schedule(0);
      else again = true;
    },
    stop: async () => {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}
