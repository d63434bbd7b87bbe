import type { Verdict } from './probe.ts';
import type { Backend, Replica } from './replica.ts';
import { ServiceSilent } from './silence.ts';

export interface WatchOptions<T> {
  /** All replicas of all services. */
  readonly replicas: () => Iterable<Replica<T>>;
  /** Asks a replica whether it is alive; takes no longer than the time given, in milliseconds. */
  readonly probe: (subject: T, timeoutMs: number) => Promise<Verdict>;
  /** Told when one that was lost is alive again. */
  readonly onRevived: (replica: Replica<T>) => void;
}

export interface Watch<T extends Backend> {
  /** Counts up with every look. */
  tick(): number;
  /** Asks a replica at once whether it is alive. */
  ask(replica: Replica<T>): Promise<void>;
  stop(): void;
}

export const LOOK_EVERY_MS = 250;
/** Looks for which an answer may be awaited before anybody asks whether the service is alive: half a second at most. */
const LOOKS_OF_PATIENCE = 2;
/** Who does not say within this time that it is alive is not. */
const PROBE_TIMEOUT_MS = 1_000;
/** Looks that came so much too late say that it is this process that was held up, in milliseconds. */
const OWN_DELAY_MS = 300;

/**
 * Watches over replicas without disturbing them: only one whose answer is awaited for a while, and that has answered
 * nothing else meanwhile, is asked whether it is alive. If it does not say so within a second, all who wait for it are
 * told; answers that take their time from a service that is alive are not touched. A lost replica is looked after until
 * it is back.
 */
export function startWatch<T extends Backend>(options: WatchOptions<T>): Watch<T> {
  let tick = 0;
  let lookedAt = performance.now();
  /** The latest tick that came too late. */
  let heldUpAt = -1;
  const probing = new Set<Replica<T>>();

  function isQuiet({ subject }: Replica<T>): boolean {
    const oldest = subject.oldestWaiting();
    return (
      oldest !== undefined && tick - oldest >= LOOKS_OF_PATIENCE && tick - subject.lastAnswer() >= LOOKS_OF_PATIENCE
    );
  }

  async function ask(replica: Replica<T>): Promise<void> {
    if (probing.has(replica)) return;
    probing.add(replica);
    const from = tick;
    const verdict = await options.probe(replica.subject, PROBE_TIMEOUT_MS);
    probing.delete(replica);
    if (verdict === 'alive') {
      const wasLost = replica.isLost();
      replica.revived();
      if (wasLost) options.onRevived(replica);
    } else if (verdict === 'ending') replica.ends();
    else if (verdict === 'refused') replica.gone();
    else if (replica.isLost() || (heldUpAt < from && replica.subject.lastAnswer() < from)) {
      replica.silent();
      replica.subject.cutWaiting(new ServiceSilent());
    }
  }

  function look(): void {
    const now = performance.now();
    tick += 1;
    if (now - lookedAt > LOOK_EVERY_MS + OWN_DELAY_MS) heldUpAt = tick;
    lookedAt = now;
    for (const replica of options.replicas()) {
      replica.subject.sweep();
      if (replica.isLost() || isQuiet(replica)) void ask(replica);
    }
  }

  const timer = setInterval(look, LOOK_EVERY_MS);
  timer.unref();
  return { tick: () => tick, ask, stop: () => clearInterval(timer) };
}
