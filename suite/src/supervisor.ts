import type { ChildProcess } from 'node:child_process';

export interface RestartPolicy {
  /** Wait before the first restart of a process; it doubles with each that follows. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A process that has answered for so long is in order: the next restart is the first again. */
  readonly stableMs: number;
  /** Restarts in a row that come to nothing, until it is given up. */
  readonly mostFailures: number;
}

export const restartPolicy: RestartPolicy = {
  firstDelayMs: 500,
  longestDelayMs: 15_000,
  stableMs: 60_000,
  mostFailures: 5,
};

export interface SupervisorOptions {
  readonly name: string;
  readonly spawn: () => ChildProcess;
  /** Resolves when the process answers; rejects, for the operator, when it will not. */
  readonly answering: (child: ChildProcess) => Promise<void>;
  readonly policy: RestartPolicy;
  readonly now: () => number;
  readonly say: (line: string) => void;
  /** Called when the process cannot be started any more. */
  readonly onGiveUp: (error: Error) => void;
}

export interface SupervisedProcess {
  /** Resolves when it answers for the first time; rejects where the first start comes to nothing. */
  readonly started: Promise<void>;
  /** Sends SIGTERM; from then on nothing is restarted. Resolves when the process has ended. */
  end(): Promise<void>;
}

/** Starts a process, and, once it has answered, starts it again after a growing wait whenever it has ended. */
export function supervise(options: SupervisorOptions): SupervisedProcess {
  const { name, policy, say } = options;
  let child: ChildProcess | undefined;
  let waiting: NodeJS.Timeout | undefined;
  let ending = false;
  let delayMs = policy.firstDelayMs;
  let failures = 0;

  async function start(): Promise<void> {
    const started = options.spawn();
    child = started;
    say(`${name.padEnd(8)} process ${started.pid}`);
    const ended = endOf(started);
    try {
      await options.answering(started);
    } catch (error) {
      started.kill('SIGKILL');
      throw error;
    }
    failures = 0;
    const answeredAt = options.now();
    void ended.then((how) => {
      if (options.now() - answeredAt >= policy.stableMs) delayMs = policy.firstDelayMs;
      if (!ending) restartLater(`${name} (process ${started.pid}) has ended: ${how}`);
    });
  }

  function restartLater(why: string): void {
    say(`${why}; it is started again in ${delayMs / 1_000} s`);
    waiting = setTimeout(restart, delayMs);
    delayMs = Math.min(delayMs * 2, policy.longestDelayMs);
  }

  async function restart(): Promise<void> {
    try {
      await start();
    } catch (error) {
      if (ending) return;
      failures += 1;
      const why = error instanceof Error ? error.message : String(error);
      if (failures < policy.mostFailures) restartLater(why);
      else options.onGiveUp(new Error(`${why}\n${name} could not be started ${failures} times in a row.`));
    }
  }

  return {
    started: start(),
    async end() {
      ending = true;
      clearTimeout(waiting);
      if (child === undefined || hasEnded(child)) return;
      const ended = endOf(child);
      child.kill('SIGTERM');
      await ended;
    },
  };
}

export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? `code ${code}`)));
}
