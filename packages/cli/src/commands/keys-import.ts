import { asAdministrator } from '../api/administrator.ts';
import { defineCommand } from '../command.ts';
import { exitCodes, UsageError } from '../failure.ts';
import { writeKeys } from '../keys/key-list.ts';
import { baseUrl, flag } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { readBounded } from '../terminal/questions.ts';

const MAX_PEM_BYTES = 16_384;

export const keysImport = defineCommand({
  name: 'keys import',
  summary: 'Take an RSA key of your own as the next one (needs an administrator)',
  details: [
    'Reads the private key (PEM, PKCS #1 or #8, from 2,048 bits) from standard input. It signs when it was published for ' +
      'long enough, or with --at-once now.',
  ],
  operands: {},
  options: {
    'at-once': flag({ doc: 'do not wait; verifiers that do not look for unknown keys refuse new tokens for a while' }),
    url: baseUrl({ doc: 'the suite' }),
    json: flag({ doc: 'print a JSON array' }),
  },
  examples: ['gaia keys import < key.pem'],
  run: async ({ 'at-once': atOnce, url, json }, context) => {
    if (context.stdin.isTTY) throw new UsageError('the key is read from standard input: gaia keys import < key.pem');
    const pem = (await readBounded(context.stdin, MAX_PEM_BYTES)).trim();
    if (!pem.startsWith('-----BEGIN ')) throw new UsageError('standard input holds no PEM');
    const answer = await asAdministrator(suiteUrl(url, context), context, (api) =>
      api.post('/auth/keys/import', { body: { pem, at_once: atOnce } }),
    );
    writeKeys(answer.body, { json }, context);
    return exitCodes.ok;
  },
});
