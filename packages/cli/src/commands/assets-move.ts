import { setTimeout as pause } from 'node:timers/promises';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { JsonObject } from '../api/json.ts';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { Failure } from '../failure.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';

const LOOK_EVERY_MS = 500;

export function addAssetsMove(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('move'), {
    summary: 'Move files to another store and wait until all are there (needs an administrator)',
    details: [
      'Files can be read and written meanwhile. Ctrl-C ends the waiting and not the move; a move that was broken off goes on where it was. New files go where ASSETS_STORE says.',
    ],
    examples: ['gaia assets move --to s3'],
  })
    .addOption(new Option('--to <store>', 'where all files are to be').choices(['disk', 's3']).makeOptionMandatory())
    .addOption(suiteOption())
    .option('--json', 'print what is left as JSON')
    .action(async ({ to, url, json }) => {
      const state = await asAdministrator(suiteUrl(url, context), context, (api) => completed(api, to, context));
      writeItem(state, { json }, context);
      if (state.remaining_files !== 0) throw new Failure('Not all files have been moved; the log of assets says why.');
    });
}

async function completed(api: ApiClient, to: string, context: Context): Promise<JsonObject> {
  const bar = createProgressBar(context);
  try {
    let state = (await api.post('/assets/moves', { body: { to } })).body;
    const total = Number(state.remaining_files);
    while (state.state === 'moving') {
      bar.show(total - Number(state.remaining_files), total, 'files');
      await pause(LOOK_EVERY_MS);
      state = (await api.get('/assets/moves', { query: { to } })).body;
    }
    return state;
  } finally {
    bar.end();
  }
}
