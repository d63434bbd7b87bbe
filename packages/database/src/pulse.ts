import type { Watch } from './unanswered-queries.ts';

/** Whether the server answers at all. */
export interface Pulse {
  /** While it does not, callers are to be refused at once. */
  isAway(): boolean;
  close(): void;
}

export interface PulseOptions {
  readonly watch: Watch;
  /** Resolves when the server answers on a new connection; rejects, within about a second, when it does not. */
  readonly probe: () => Promise<void>;
  /** Hears of every change. */
  readonly onChange: (away: boolean) => void;
}

const TICK_MS = 250;
/** A query that waits so long, while nothing is answered, is worth a question. */
const NOTABLE_WAIT_MS = 125;
/** Ticks from the first probe to the verdict. Counted and not timed: a process that is itself held up finds nobody else dead. */
const VERDICT_TICKS = 3;
/** Ticks to rest after a probe while a slow query is all there is to wait for. */
const REST_TICKS = 1;

/**
 * A server that is frozen or cut off accepts queries and never answers, and nobody waits that long: when nothing has been
 * answered for a moment although something waits, the server is asked on a new connection. Without an answer there either,
 * all that waits is given up (a second and a quarter after it began at most, on a machine that is not overloaded), and all
 * that comes is refused until the server answers again.
 */
export function takePulse({ watch, probe, onChange }: PulseOptions): Pulse {
  let away = false;
  let answersBefore = 0;
  let rest = 0;
  let asking = false;
  /** Since when nothing has been heard of the server, in ticks; a probe that fails at once does not end the doubt. */
  let doubt: { ticks: number; readonly answersBefore: number } | undefined;

  const become = (next: boolean): void => {
    if (away === next) return;
    away = next;
    onChange(away);
  };

  function ask(): void {
    if (asking) return;
    asking = true;
    probe()
      .then(
        () => {
          doubt = undefined;
          rest = REST_TICKS;
          become(false);
        },
        () => {},
      )
      .finally(() => {
        asking = false;
      });
  }

  function lookOn(current: { ticks: number; readonly answersBefore: number }): void {
    current.ticks += 1;
    if (watch.answers() !== current.answersBefore) doubt = undefined;
    else if (current.ticks < VERDICT_TICKS) ask();
    else {
      doubt = undefined;
      become(true);
      watch.giveUpAll();
    }
  }

  const timer = setInterval(() => {
    const answers = watch.answers();
    const silent = answers === answersBefore && watch.longestWait() >= NOTABLE_WAIT_MS;
    answersBefore = answers;
    if (away) ask();
    else if (doubt !== undefined) lookOn(doubt);
    else if (rest > 0) rest -= 1;
    else if (silent) {
      doubt = { ticks: 0, answersBefore: answers };
      ask();
    }
  }, TICK_MS);
  timer.unref();

  return { isAway: () => away, close: () => clearInterval(timer) };
}

/** What never finds anything wrong. */
export const steadyPulse: Pulse = Object.freeze({ isAway: () => false, close: () => {} });
