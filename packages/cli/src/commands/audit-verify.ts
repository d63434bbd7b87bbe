import { asAdministrator } from '../api/administrator.ts';
import type { ApiClient } from '../api/client.ts';
import { isJsonObject, type JsonObject, memberText } from '../api/json.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { baseUrl, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';

export const auditVerify = defineCommand({
  name: 'audit verify',
  summary: 'Check the hash chain of the audit log (needs an administrator)',
  details: [
    'Prints the head of the chain, <number>:<hash>. Keep it elsewhere: given with --noted another day, it also tells of a ' +
      'log that was written anew from its beginning. The exit code is 1 if anything is not as it was written.',
  ],
  operands: {},
  options: {
    noted: text({ placeholder: '<number:hash>', doc: 'a head that was printed before', maxLength: 90 }),
    url: baseUrl({ doc: 'the suite' }),
  },
  examples: ['gaia audit verify >> /safe/audit-heads', 'gaia audit verify --noted "$(tail -n 1 /safe/audit-heads)"'],
  run: async ({ noted, url }, context) => {
    const point = noted === undefined ? undefined : readPoint(noted);
    const base = suiteUrl(url, context);
    const { checked, verdict } = await asAdministrator(base, context, (api) => verifyAll(api, point));
    const { fault, head } = verdict;
    if (isJsonObject(fault)) {
      throw new Failure(
        `the audit log is not as it was written: entry ${memberText(fault, 'seq')} is ${reasonOf(fault)}`,
      );
    }
    if (!isJsonObject(head)) throw new Failure(`${base} answered something that is no verdict`);
    context.stderr.write(`${checked} entries are as they were written\n`);
    context.stdout.write(`${memberText(head, 'seq')}:${memberText(head, 'hash')}\n`);
    return exitCodes.ok;
  },
});

/** The suite checks a part with each call. */
async function verifyAll(api: ApiClient, noted: JsonObject | undefined) {
  let checked = 0;
  let after = 0;
  for (;;) {
    const { body } = await api.post('/auth/audit/verify', { body: { after, ...(noted !== undefined && { noted }) } });
    checked += typeof body.checked === 'number' ? body.checked : 0;
    if (body.intact !== true || typeof body.next !== 'number' || body.next <= after) return { checked, verdict: body };
    after = body.next;
  }
}

function readPoint(given: string): JsonObject {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(given.trim()) ?? [];
  if (seq === undefined || hash === undefined)
    throw new UsageError('--noted must be <number>:<hash>, as it was printed');
  return { seq: Number(seq), hash };
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
