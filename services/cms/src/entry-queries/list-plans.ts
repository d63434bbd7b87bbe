import { LRUCache } from 'lru-cache';
import type { Plan } from './variant-statement.ts';

export interface ListLimits {
  /** Rows that are looked at in the first attempt, and in the last one that has a limit. */
  readonly few: number;
  readonly many: number;
  /** Most rows that pass one part of a filter for the order to be made of them. */
  readonly gathered: number;
}

export const defaultLimits: ListLimits = Object.freeze({ few: 500, many: 20_000, gathered: 5_000 });

const KEPT_MS = 60_000;

/** What has worked for the lists of a database, so that the next page does not try the same again. */
export interface ListPlans {
  get(exact: string, alike: string): Plan | undefined;
  /** `exact`: the list with its values; `alike`: lists that differ in their values only. */
  set(exact: string, alike: string, plan: Plan): void;
}

export function createListPlans(limits: ListLimits, max = 5_000): ListPlans {
  const plans = new LRUCache<string, Plan>({ max, ttl: KEPT_MS });
  return {
    get: (exact, alike) => plans.get(`=${exact}`) ?? plans.get(`~${alike}`),
    set: (exact, alike, plan) => {
      plans.set(`=${exact}`, plan);
      // With other values the plan may be wrong, so only one that costs little is tried.
      if (plan.how !== 'all' && plan.rows <= limits.few) plans.set(`~${alike}`, plan);
    },
  };
}
