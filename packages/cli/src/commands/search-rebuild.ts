import { setTimeout as pause } from 'node:timers/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import type { JsonObject } from '../api/json.ts';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { writeItem } from '../terminal/item-list.ts';
import { createProgressBar } from '../terminal/progress-bar.ts';

const LOOK_EVERY_MS = 250;

export function addSearchRebuild(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('rebuild'), {
    summary: 'Build the search index anew and wait until it is complete (needs an administrator)',
    details: [
      'The old index answers meanwhile. Ctrl-C ends the waiting and not the rebuild. Has no effect while another rebuild is under way, but waits for it.',
    ],
    examples: ['gaia search rebuild', 'gaia search rebuild --detach'],
  })
    .option('--detach', 'begin, and do not wait; gaia search status tells how far it is')
    .addOption(suiteOption())
    .option('--json', 'print the state of the index as JSON')
    .action(async ({ detach, url, json }) => {
      const state = await asAdministrator(suiteUrl(url, context), context, async (api) => {
        const { body } = await api.post('/search/rebuild');
        return detach ? body : completed(api, body, context);
      });
      writeItem(state, { json }, context);
    });
}

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
