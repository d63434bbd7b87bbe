import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import { isJsonObject, type JsonObject, memberText } from '../api/json.ts';
import type { CommandContext } from '../context.ts';
import { described } from '../described.ts';
import { Failure, UsageError } from '../failure.ts';
import { suiteOption, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';

/** Services that keep an audit log, each with a chain of its own. */
const logs = ['auth', 'cms', 'search'] as const;
type Log = (typeof logs)[number];

export function addAuditVerify(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('verify'), {
    summary: 'Check the hash chains of the audit logs (needs an administrator)',
    details: [
      'Prints the heads of the chains, auth=<number>:<hash>,cms=<number>:<hash>,search=<number>:<hash>. Keep them elsewhere: given with --noted ' +
        'another day, they also tell of a log that was written anew from its beginning. The exit code is 1 if anything is ' +
        'not as it was written.',
    ],
    examples: ['gaia audit verify >> /safe/audit-heads', 'gaia audit verify --noted "$(tail -n 1 /safe/audit-heads)"'],
  })
    .addOption(textOption('--noted <heads>', 'heads that were printed before', 400))
    .addOption(suiteOption())
    .action(async ({ noted, url }) => {
      const points = noted === undefined ? new Map<Log, JsonObject>() : readPoints(noted);
      const base = suiteUrl(url, context);
      const heads = await asAdministrator(base, context, async (api) => {
        const found: string[] = [];
        for (const log of logs) {
          const { checked, verdict } = await verifyAll(api, log, points.get(log));
          context.stderr.write(`${log}: ${checked} entries are as they were written\n`);
          found.push(`${log}=${headOf(log, verdict)}`);
        }
        return found;
      });
      context.stdout.write(`${heads.join(',')}\n`);
    });
}

function headOf(log: Log, { fault, head }: JsonObject): string {
  if (isJsonObject(fault)) {
    const entry = `entry ${memberText(fault, 'seq')} is ${reasonOf(fault)}`;
    throw new Failure(`the audit log of ${log} is not as it was written: ${entry}`);
  }
  if (!isJsonObject(head)) throw new Failure(`${log} answered something that is no verdict`);
  return `${memberText(head, 'seq')}:${memberText(head, 'hash')}`;
}

/** The suite checks a part with each call. */
async function verifyAll(api: ApiClient, log: Log, noted: JsonObject | undefined) {
  let checked = 0;
  let after = 0;
  for (;;) {
    const { body } = await api.post(`/${log}/audit/verify`, { body: { after, ...(noted !== undefined && { noted }) } });
    checked += typeof body.checked === 'number' ? body.checked : 0;
    if (body.intact !== true || typeof body.next !== 'number' || body.next <= after) return { checked, verdict: body };
    after = body.next;
  }
}

/** `auth=12:…,cms=5:…`; without a name, as it was printed while auth alone had a log, it is auth's. */
function readPoints(given: string): ReadonlyMap<Log, JsonObject> {
  return new Map(
    given
      .trim()
      .split(',')
      .map((part): [Log, JsonObject] => {
        const [, name = 'auth', seq, hash] = /^(?:([a-z]+)=)?(\d{1,15}):([0-9a-f]{64})$/.exec(part) ?? [];
        const log = logs.find((one) => one === name);
        if (log === undefined || seq === undefined || hash === undefined) {
          throw new UsageError(
            '--noted must be heads as they were printed: auth=<number>:<hash>,cms=<number>:<hash>,search=<number>:<hash>',
          );
        }
        return [log, { seq: Number(seq), hash }];
      }),
  );
}

function reasonOf(fault: JsonObject): string {
  const reasons: Readonly<Record<string, string>> = {
    changed: 'changed',
    missing: 'missing',
    cut_short: 'missing, with everything behind it',
    not_as_noted: 'not the one that was noted',
  };
  return reasons[memberText(fault, 'reason')] ?? 'wrong';
}
