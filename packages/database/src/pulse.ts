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
/** Ticks from the start of a probe to the verdict. Counted and not timed: a process that is itself held up finds nobody else dead. */
const VERDICT_TICKS = 3;
/** Ticks between probes while a slow query is all there is to wait for. */
const PAUSE_TICKS = 2;

/**
 * A server that is frozen or cut off accepts queries and never answers, and nobody waits that long: when nothing has been
 * answered for a moment although something waits, the server is asked on a new connection. Without an answer there either,
 * all that waits is given up (a second and a half after it began at most, on a machine that is not overloaded), and all
 * that comes is refused until the server answers again.
 */
export function takePulse({ watch, probe, onChange }: PulseOptions): Pulse {
  let away = false;
  let answersBefore = 0;
  let pause = 0;
  let probing: { ticks: number; readonly answersBefore: number } | undefined;

  const become = (next: boolean): void => {
    if (away === next) return;
    away = next;
    onChange(away);
  };

  function judge(current: { readonly ticks: number; readonly answersBefore: number }): void {
    if (current.ticks < VERDICT_TICKS || watch.answers() !== current.answersBefore) return;
    become(true);
    watch.giveUpAll();
  }

  function startProbe(): void {
    const current = { ticks: 0, answersBefore: watch.answers() };
    probing = current;
    probe()
      .then(
        () => {
          pause = PAUSE_TICKS;
          become(false);
        },
        () => judge(current),
      )
      .finally(() => {
        probing = undefined;
      });
  }

  const timer = setInterval(() => {
    const answers = watch.answers();
    const silent = answers === answersBefore && watch.longestWait() >= TICK_MS;
    answersBefore = answers;
    if (probing !== undefined) {
      probing.ticks += 1;
      judge(probing);
    } else if (away) startProbe();
    else if (pause > 0) pause -= 1;
    else if (silent) startProbe();
  }, TICK_MS);
  timer.unref();

  return { isAway: () => away, close: () => clearInterval(timer) };
}

/** What never finds anything wrong. */
export const steadyPulse: Pulse = Object.freeze({ isAway: () => false, close: () => {} });
