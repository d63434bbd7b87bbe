import { createHash, createHmac, randomUUID } from 'node:crypto';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { baseUrl, duration, flag, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { askHidden, readBounded } from '../terminal/questions.ts';

const {
  algorithms: [algorithm],
  typ,
  lifetimeSeconds,
} = tokenPurposes.webhook;
/** RFC 7518 §3.2: a key for HS256 has 256 bits or more. */
const MIN_SECRET_LENGTH = 32;
const MAX_SECRET_LENGTH = 512;
const events = ['payment.succeeded', 'payment.refunded'];

export const webhookSign = defineCommand({
  name: 'webhook sign',
  summary: 'Make a valid message of a payment provider, to try an endpoint out',
  details: [
    'Prints a curl command that delivers it once; with --send it is sent at once. The secret of the endpoint comes ' +
      'from GAIA_WEBHOOK_SECRET, or from standard input; on a terminal it is asked for without being shown.',
  ],
  operands: {
    endpoint: text({ placeholder: '<endpoint>', doc: 'the id of the endpoint', required: true, maxLength: 64 }),
  },
  options: {
    user: text({ placeholder: '<user>', doc: 'the id of the user who paid', required: true, maxLength: 255 }),
    product: text({ placeholder: '<product>', doc: 'the id of the product', required: true, maxLength: 63 }),
    payment: text({ placeholder: '<payment>', doc: 'the id of the payment; a random one if absent', maxLength: 200 }),
    event: text({ placeholder: '<event>', doc: `${events.join(' or ')}; the first if absent` }),
    ttl: duration({ doc: 'how long it is good', min: 1, max: lifetimeSeconds, fallback: lifetimeSeconds }),
    send: flag({ doc: 'send it, and print the answer' }),
    url: baseUrl({ doc: 'the suite' }),
  },
  examples: [
    'gaia webhook sign 3kTzV… --user 0199… --product course --send',
    'gaia webhook sign 3kTzV… --user 0199… --product course --payment p-1 --event payment.refunded | sh',
  ],
  run: async ({ endpoint, user, product, payment, event = 'payment.succeeded', ttl, send, url }, context) => {
    if (!events.includes(event)) throw new UsageError(`--event must be ${events.join(' or ')}`);
    const target = `${suiteUrl(url, context)}/cms/hooks/${encodeURIComponent(endpoint)}`;
    const body = JSON.stringify({ type: event, user, product, payment: payment ?? `try-${randomUUID()}` });
    const token = signed(await readSecret(context), body, Math.floor(context.now() / 1_000), ttl ?? lifetimeSeconds);
    if (!send) {
      context.stdout.write(
        `curl -sS ${quoted(target)} -H ${quoted(`authorization: Bearer ${token}`)} \\\n` +
          `  -H 'content-type: application/json' --data-raw ${quoted(body)}\n`,
      );
      return exitCodes.ok;
    }
    const answer = await context
      .fetch(target, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(30_000),
      })
      .catch((error: unknown) => {
        throw new Failure(`${target} does not answer: ${error instanceof Error ? error.message : String(error)}`);
      });
    context.stdout.write(`${(await answer.text()).slice(0, 4_096).replaceAll(/[^\x20-\x7e]/g, '')}\n`);
    return answer.ok ? exitCodes.ok : exitCodes.failed;
  },
});

/** The sender's JWT with the digest of the body: what the endpoint asks for by default. */
function signed(secret: string, body: string, issuedAt: number, seconds: number): string {
  const claims = {
    iat: issuedAt,
    exp: issuedAt + seconds,
    jti: randomUUID(),
    request_body_sha256: createHash('sha256').update(body).digest('hex'),
  };
  const content = `${encoded({ alg: algorithm, typ })}.${encoded(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

async function readSecret(context: Context): Promise<string> {
  const { env, stdin } = context;
  const raw =
    env.GAIA_WEBHOOK_SECRET ??
    (stdin.isTTY ? await askHidden('Secret: ', context) : await readBounded(stdin, MAX_SECRET_LENGTH + 2));
  const secret = raw.trim();
  if (secret.length < MIN_SECRET_LENGTH) throw new UsageError('the secret of the endpoint is missing or too short');
  return secret;
}

/** For a POSIX shell: nothing within is read by it. */
function quoted(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}
