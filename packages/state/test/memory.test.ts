import { createMemoryState } from '../src/memory/memory-state.ts';
import { stateContract } from './contract.ts';

stateContract('memory', async () => {
  const state = createMemoryState({ now: Date.now });
  return { state, peer: state };
});
