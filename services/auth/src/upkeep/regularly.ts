export interface Upkeep {
  /** Does the work as soon as what is under way has ended. */
  runSoon(): void;
  /** Resolves when nothing is under way any more. */
  stop(): Promise<void>;
}

export interface UpkeepOptions {
  readonly name: string;
  readonly everyMs: number;
  work(): Promise<void>;
  readonly log: { error(details: object, message: string): void };
}

/** Does a piece of work again and again, never twice at a time. A failure is logged, and followed by the next attempt. */
export function regularly({ name, everyMs, work, log }: UpkeepOptions): Upkeep {
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
        log.error({ err: error, upkeep: name }, 'a regular piece of work failed');
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
    runSoon: () => {
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
