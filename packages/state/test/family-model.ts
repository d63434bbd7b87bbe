import fc from 'fast-check';
import { expect } from 'vitest';
import type { Family, FamilyStore } from '../src/state.ts';
import { familyOf } from './opened.ts';

/** What a family must do, written a second time and as plainly as can be. `undefined` is a family that has ended. */
type Model =
  | { readonly family: Family; readonly idleEnd: number; readonly keys: Readonly<Record<number, string>> }
  | undefined;

type Action =
  /** `back` counts from the newest token that was ever issued. */
  | { readonly kind: 'rotate'; readonly back: number; readonly key: 'fixed' | 'other' | 'none' }
  | { readonly kind: 'end' }
  | { readonly kind: 'get' }
  | { readonly kind: 'setSite'; readonly site: string };

/** Some actions at the same moment, sent to several replicas without waiting. */
interface Step {
  readonly pause: number;
  readonly actions: readonly Action[];
}

export const GRACE = 30_000;
export const IDLE = 100_000;
const ABSOLUTE = 400_000;

const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('rotate' as const),
      back: fc.constantFrom(0, 0, 0, 1, 1, 2, -1),
      key: fc.constantFrom('fixed' as const, 'fixed' as const, 'other' as const, 'none' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constantFrom<Action>({ kind: 'end' }, { kind: 'get' }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('setSite' as const), site: fc.constantFrom('a', 'b') }) },
);

const pause = fc.constantFrom(0, 1, GRACE, GRACE + 1, IDLE - 1, IDLE, 5_000);

export const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({ pause, actions: fc.array(action, { minLength: 1, maxLength: 4 }) }),
  { minLength: 1, maxLength: 12 },
);

/** What one action answers and leaves behind, if nothing else happens at the same time. */
function apply(model: Model, what: Action, newest: number, now: number): { answer: unknown; next: Model } {
  const living = model && now < model.idleEnd ? model : undefined;
  if (what.kind === 'get') return { answer: living?.family, next: model };
  if (what.kind === 'end') return { answer: living?.family, next: undefined };
  if (!living) return { answer: what.kind === 'setSite' ? false : { outcome: 'ended' }, next: undefined };
  const { family } = living;
  if (what.kind === 'setSite') return { answer: true, next: { ...living, family: { ...family, site: what.site } } };
  const sequence = newest - what.back;
  const key = keyOf(what, sequence);
  if (sequence === family.sequence) {
    const { [sequence]: _replaced, ...others } = living.keys;
    const keys = key === undefined ? others : { ...others, [sequence]: key };
    const successor = { ...family, sequence: sequence + 1, rotatedAt: now };
    const idleEnd = Math.min(now + IDLE, family.absoluteEnd);
    return { answer: { outcome: 'rotated', family: successor }, next: { family: successor, idleEnd, keys } };
  }
  if (key !== undefined && sequence < family.sequence && living.keys[sequence] === key) {
    return { answer: { outcome: sequence === family.sequence - 1 ? 'repeated' : 'superseded', family }, next: model };
  }
  if (sequence > 0 && sequence === family.sequence - 1 && now - family.rotatedAt <= GRACE) {
    return { answer: { outcome: 'repeated', family }, next: model };
  }
  return { answer: { outcome: 'reused', family }, next: undefined };
}

/** A client's own key for a token is always the same; another party has another one, or none. */
function keyOf({ key }: Extract<Action, { kind: 'rotate' }>, sequence: number): string | undefined {
  return key === 'none' ? undefined : `${key} ${sequence}`;
}

function permutations<T>(items: readonly T[]): T[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, index) =>
    permutations(items.filter((_other, other) => other !== index)).map((rest) => [item, ...rest]),
  );
}

/**
 * Runs the steps against the replicas and checks that every answer is one that some order of the simultaneous actions
 * gives (linearizability), that no two rotations ever issue the same token, and that nothing comes back from the dead.
 */
export async function checkFamily(replicas: readonly FamilyStore[], sid: string, run: readonly Step[]): Promise<void> {
  let now = Date.now();
  const created = familyOf(sid, now, { absoluteEnd: now + ABSOLUTE });
  await replicas[0]?.create(created, IDLE, now);
  let possible: Model[] = [{ family: created, idleEnd: now + IDLE, keys: {} }];
  let newest = 1;
  let dead = false;
  const issued = new Set<number>();

  for (const step of run) {
    now += step.pause;
    const token = newest;
    const answers = await Promise.all(
      step.actions.map((what, index) => send(replicas[index % replicas.length], sid, what, token, now)),
    );

    const next = new Map<string, Model>();
    for (const model of possible) {
      for (const order of permutations([...step.actions.keys()])) {
        let current = model;
        const fits = order.every((index) => {
          const what = step.actions[index];
          if (!what) return false;
          const { answer, next: after } = apply(current, what, token, now);
          current = after;
          return same(answer, answers[index]);
        });
        if (fits) next.set(JSON.stringify(current), current);
      }
    }
    expect(next.size, `no order of ${JSON.stringify(step.actions)} gives ${JSON.stringify(answers)}`).toBeGreaterThan(
      0,
    );
    possible = [...next.values()];

    for (const answer of answers) {
      const { outcome, family } = (answer ?? {}) as { outcome?: string; family?: Family };
      if (dead) expect([undefined, false, 'ended'], 'a family that had ended').toContain(outcome ?? answer);
      if (outcome !== 'rotated' || !family) continue;
      expect(issued, 'a token that was issued twice').not.toContain(family.sequence);
      issued.add(family.sequence);
      newest = Math.max(newest, family.sequence);
    }
    dead ||= possible.every((model) => model === undefined);
  }
}

function send(
  store: FamilyStore | undefined,
  sid: string,
  what: Action,
  newest: number,
  now: number,
): Promise<unknown> {
  if (!store) throw new Error('no replica');
  if (what.kind === 'end') return store.end(sid, now);
  if (what.kind === 'get') return store.get(sid, now);
  if (what.kind === 'setSite') return store.setSite(sid, what.site, now);
  const sequence = newest - what.back;
  return store.rotate({ sid, sequence, keyDigest: keyOf(what, sequence), graceMs: GRACE, idleMs: IDLE, now });
}

function same(expected: unknown, actual: unknown): boolean {
  return canonical(expected) === canonical(actual);
}

function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_key, part) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
        : part,
    ) ?? 'undefined'
  );
}
