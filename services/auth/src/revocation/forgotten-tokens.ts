import type { State } from '@gaia/state/state';
import type { CutOffs } from './cut-offs.ts';

/** For as long as a process can live. */
const FOR_EVER_MS = 100 * 366 * 86_400_000;

/**
 * In-process state dies with its process and forgets what was revoked. A new one therefore begins with "nothing issued
 * before now", once, so that a restart revives no token. State in Redis outlives this process and needs none of it.
 */
export async function cutOffForgottenTokens({
  state,
  cutOffs,
  now,
}: {
  state: State;
  cutOffs: Pick<CutOffs, 'cutOffEverything'>;
  now(): number;
}): Promise<void> {
  if (state.kind !== 'memory') return;
  const at = now();
  if (await state.records.add('auth', 'forgotten-tokens', true, at + FOR_EVER_MS, at)) await cutOffs.cutOffEverything();
}
