import type { State } from '@gaia/state/state';
import type { Revoker } from './revoker.ts';

/** For as long as a process or a file can live. */
const FOR_EVER_MS = 100 * 366 * 86_400_000;

/**
 * State of one process that begins empty has forgotten what was revoked before: with each process, or with a new file where
 * it is kept in one. It therefore begins with "nothing issued before now", once, so that no revoked token becomes valid. State in Redis
 * outlives this process and needs none of it.
 */
export async function revokeForgottenTokens({
  state,
  revoker,
  now,
}: {
  state: State;
  revoker: Pick<Revoker, 'revokeEverything'>;
  now(): number;
}): Promise<void> {
  if (state.kind === 'redis') return;
  const at = now();
  if (await state.records.add('auth', 'forgotten-tokens', true, at + FOR_EVER_MS, at)) await revoker.revokeEverything();
}
