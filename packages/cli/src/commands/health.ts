import { createApiClient } from '../api/client.ts';
import { isJsonObject, type JsonObject } from '../api/json.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, Failure } from '../failure.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { jsonText, printable } from '../terminal/printable.ts';
import { alignedRows } from '../terminal/table.ts';

export const health = defineCommand({
  name: 'health',
  summary: 'Show whether the suite is ready and what is degraded',
  details: ['Ends with 0 when the suite can work, degraded included, and with 1 when it cannot or does not answer.'],
  operands: {},
  options: {
    url: baseUrl({ doc: 'the suite, or one service of it' }),
    json: flag({ doc: 'print the answer of /ready as JSON' }),
  },
  examples: ['gaia health', 'gaia health --url http://127.0.0.1:8082'],
  run: async (values, context) => {
    const url = suiteUrl(values.url, context);
    // 503 carries the same document: what is missing.
    const { status, body } = await createApiClient(url, context).get('/ready', { alsoAccept: [503] });
    if (typeof body.status !== 'string') throw new Failure(`${url}/ready answered something that is not Gaia's`);
    context.stdout.write(values.json ? jsonText(body) : readable(url, body.status, body));
    return status === 200 ? exitCodes.ok : exitCodes.failed;
  },
});

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
