import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createApiClient } from '../api/client.ts';
import { isJsonObject, type JsonObject } from '../api/json.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { exitCodes, Failure } from '../failure.ts';
import { suiteOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { jsonText, printable } from '../terminal/printable.ts';
import { alignedRows } from '../terminal/table.ts';

export function addHealth(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('health'), {
    summary: 'Show whether the suite is ready and what is degraded',
    details: ['Ends with 0 when the suite can work, degraded included, and with 1 when it cannot or does not answer.'],
    examples: ['gaia health', 'gaia health --url http://127.0.0.1:8082'],
  })
    .addOption(suiteOption('the suite, or one service of it'))
    .option('--json', 'print the answer of /ready as JSON')
    .action(async (values) => {
      const url = suiteUrl(values.url, context);
      // 503 carries the same document: what is missing.
      const { status, body } = await createApiClient(url, context).get('/ready', { alsoAccept: [503] });
      if (typeof body.status !== 'string') throw new Failure(`${url}/ready answered something that is not Gaia's`);
      context.stdout.write(values.json ? jsonText(body) : readable(url, body.status, body));
      if (status !== 200) context.setExitCode(exitCodes.failed);
    });
}

function readable(url: string, status: string, { checks }: JsonObject): string {
  const rows = isJsonObject(checks) ? Object.entries(checks).flatMap(([name, check]) => checkRow(name, check)) : [];
  return `${printable(url)}: ${printable(status)}\n${alignedRows(rows, '  ')}`;
}

function checkRow(name: string, check: unknown): readonly (readonly string[])[] {
  if (!isJsonObject(check)) return [];
  return [[name, String(check.status), isJsonObject(check.detail) ? detailText(check.detail) : '']];
}

/** `cause: timeout, age_seconds: 12`; what is nested stands in brackets. */
function detailText(detail: JsonObject, depth = 0): string {
  return Object.entries(detail)
    .map(([name, value]) => {
      if (!isJsonObject(value)) return `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`;
      return depth < 3 ? `${name} (${detailText(value, depth + 1)})` : `${name} (…)`;
    })
    .join(', ');
}
