import { openSqliteState } from '../src/sqlite/sqlite-state.ts';
import { stateContract } from './contract.ts';
import { openWriterHere, stateFiles } from './sqlite/files.ts';

const newFile = await stateFiles();

stateContract('sqlite', async () => {
  const state = await openSqliteState({ file: newFile(), now: Date.now, openWriter: openWriterHere });
  return { state, peer: state };
});
