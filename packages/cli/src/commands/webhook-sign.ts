import { createHash, randomUUID } from 'node:crypto';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { fetchText } from '@gaia/http-client/bounded-fetch';
import { FetchError } from '@gaia/http-client/fetch-error';
import { signWebhook } from '@gaia/jwt/signer';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { exitCodes, Failure, UsageError } from '../failure.ts';
import { durationOption, requiredOption, suiteOption, textArgument, textOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { askHidden, readBounded } from '../terminal/questions.ts';

const { lifetimeSeconds } = tokenPurposes.webhook;
/** RFC 7518 §3.2: a key for HS256 has 256 bits or more. */
const MIN_SECRET_LENGTH = 32;
const MAX_SECRET_LENGTH = 512;
const TIMEOUT_MS = 30_000;
const MAX_RESPONSE_BYTES = 65_536;
const events = ['payment.succeeded', 'payment.refunded'];

export function addWebhookSign(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('sign'), {
    summary: 'Make a valid message of a payment provider, to try an endpoint out',
    details: [
      'Prints a curl command that delivers it once; with --send it is sent at once. The secret of the endpoint comes ' +
        'from GAIA_WEBHOOK_SECRET, or from standard input; on a terminal it is asked for without being shown.',
    ],
    examples: [
      'gaia webhook sign 3kTzV… --user 0199… --product course --send',
      'gaia webhook sign 3kTzV… --user 0199… --product course --payment p-1 --event payment.refunded | sh',
    ],
  })
    .addArgument(textArgument('<endpoint>', 'the id of the endpoint', 64))
    .addOption(requiredOption('--user <user>', 'the id of the user who paid', 255))
    .addOption(requiredOption('--product <product>', 'the id of the product', 63))
    .addOption(textOption('--payment <payment>', 'the id of the payment; a random one if absent', 200))
    .addOption(textOption('--event <event>', `${events.join(' or ')}; the first if absent`))
    .addOption(
      durationOption('--ttl <duration>', 'how long it is good', {
        min: 1,
        max: lifetimeSeconds,
        fallback: lifetimeSeconds,
      }),
    )
    .option('--send', 'send it, and print the answer')
    .addOption(suiteOption())
    .action(
      async (endpoint, { user, product, payment, event = 'payment.succeeded', ttl = lifetimeSeconds, send, url }) => {
        if (!events.includes(event)) throw new UsageError(`--event must be ${events.join(' or ')}`);
        const target = `${suiteUrl(url, context)}/cms/hooks/${encodeURIComponent(endpoint)}`;
        const body = JSON.stringify({ type: event, user, product, payment: payment ?? `try-${randomUUID()}` });
        const token = await signed(await readSecret(context), body, Math.floor(context.now() / 1_000), ttl);
        if (!send) {
          context.stdout.write(
            `curl -sS ${quoted(target)} -H ${quoted(`authorization: Bearer ${token}`)} \\\n` +
              `  -H 'content-type: application/json' --data-raw ${quoted(body)}\n`,
          );
          return;
        }
        const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
        const bounds = { fetch: context.fetch, timeoutMs: TIMEOUT_MS, maxBytes: MAX_RESPONSE_BYTES };
        const { status, text } = await fetchText(target, { ...bounds, method: 'POST', headers, body }).catch(
          (error: unknown) => {
            if (error instanceof FetchError) throw new Failure(`${target} cannot be reached: ${error.message}`);
            throw error;
          },
        );
        context.stdout.write(`${text.slice(0, 4_096).replaceAll(/[^\x20-\x7e]/g, '')}\n`);
        if (status >= 300) context.setExitCode(exitCodes.failed);
      },
    );
}

/** The sender's JWT with the digest of the body: what the endpoint asks for by default. */
function signed(secret: string, body: string, issuedAt: number, seconds: number): Promise<string> {
  const claims = {
    iat: issuedAt,
    exp: issuedAt + seconds,
    jti: randomUUID(),
    request_body_sha256: createHash('sha256').update(body).digest('hex'),
  };
  return signWebhook(claims, secret);
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
