import { defineProblems } from '@gaia/http-service/problem';
import { Type } from 'typebox';
import type { AppliedSeq } from './applied-seq.ts';

const WAIT_MS = 5_000;

const problem = defineProblems({
  index_behind: { status: 503, title: 'Projection behind the change feed' },
});

/** The parameter by which callers read their own writes: the `seq` that cms answered a change with. */
export const MinSeq = Type.Optional(
  Type.String({
    pattern: '^[0-9]{1,18}$',
    description: 'Waits up to 5 seconds until the change with this `seq` has arrived; 503 `index_behind` otherwise',
  }),
);

/** Resolves when the change has been applied, at once without one. Throws index_behind after five seconds. */
export async function waitForSeq(applied: AppliedSeq, minSeq: string | undefined): Promise<void> {
  if (minSeq === undefined || (await applied.waitFor(BigInt(minSeq), WAIT_MS))) return;
  throw problem('index_behind', { headers: { 'retry-after': '1' } });
}
