import { setTimeout as pause } from 'node:timers/promises';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { JsonObject } from '../api/json.ts';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { exitCodes } from '../failure.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';

const LOOK_EVERY_MS = 250;

export const searchRebuild = defineCommand({
  name: 'search rebuild',
  summary: 'Build the search index anew and wait until it is complete (needs an administrator)',
  details: [
    'The old index answers meanwhile. Ctrl-C ends the waiting and not the rebuild. Has no effect while another rebuild is under way, but waits for it.',
  ],
  operands: {},
  options: {
    detach: flag({ doc: 'begin, and do not wait; gaia search status tells how far it is' }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print the state of the index as JSON' }),
  },
  examples: ['gaia search rebuild', 'gaia search rebuild --detach'],
  run: async ({ detach, url, json }, context) => {
    const state = await asAdministrator(suiteUrl(url, context), context, async (api) => {
      const { body } = await api.post('/search/rebuild');
      return detach ? body : completed(api, body, context);
    });
    writeItem(state, { json }, context);
    return exitCodes.ok;
  },
});

async function completed(api: ApiClient, begun: JsonObject, context: Context): Promise<JsonObject> {
  const bar = createProgressBar(context);
  try {
    let state = begun;
    while (state.state === 'rebuilding') {
      bar.show(countOf(state.applied) ?? 0, countOf(state.expected), 'changes');
      await pause(LOOK_EVERY_MS);
      state = (await api.get('/search/rebuild')).body;
    }
    return state;
  } finally {
    bar.end();
  }
}

function countOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : undefined;
}
