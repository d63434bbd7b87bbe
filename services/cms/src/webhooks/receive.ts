import { createHash, randomUUIDv7 } from 'node:crypto';
import { type Actor, systemActor } from '@gaia/audit-log/actor';
import { Problem } from '@gaia/http-service/problem';
import { TokenRefusal } from '@gaia/jwt/refusal';
import type { CounterStore } from '@gaia/state/state';
import { bearerToken } from '@gaia/token-guard/bearer';
import type { CmsDatabase, CmsTransaction } from '../database.ts';
import type { Entitlements, Source } from '../entitlements/entitlements.ts';
import { problem } from '../errors.ts';
import type { Outbox } from '../feed/outbox.ts';
import { inTransaction } from '../transactions.ts';
import { isJsonObject } from '../values/json-values.ts';
import { type Delivery, logDelivery, pruneNowAndThen } from './deliveries.ts';
import type { DeliveryOutcome } from './delivery-metrics.ts';
import type { Endpoint, Endpoints } from './endpoints.ts';
import { type OtherMessage, type PaymentMessage, readMessage } from './message.ts';
import { parsedObject, verifyWebhookToken, WebhookRefusal, type WebhookToken } from './webhook-token.ts';

/** A message as it came. */
export interface Incoming {
  readonly endpointId: string;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  /** Address of the sender. */
  readonly address: string;
  readonly requestId: string;
}

export interface Received {
  readonly outcome: 'applied' | 'duplicate' | 'ignored';
  readonly delivery: string;
}

export interface ReceiverDependencies {
  readonly database: CmsDatabase;
  readonly endpoints: Pick<Endpoints, 'open'>;
  readonly entitlements: Pick<Entitlements, 'apply'>;
  readonly outbox: Pick<Outbox, 'committed'>;
  readonly counters: Pick<CounterStore, 'add' | 'get'>;
  readonly count: (outcome: DeliveryOutcome, reason?: string) => void;
  readonly now: () => number;
}

const MINUTE = 60_000;
/** Messages a minute that an endpoint takes, and refused ones that one address can send it. */
const PER_MINUTE = 600;
const REFUSED_PER_MINUTE = 60;
/** For how long beyond its end a message is remembered, in milliseconds: more than any skew of clocks. */
const REMEMBERED = 3_600_000;

const unauthorized: readonly string[] = ['jti_reused', 'message_malformed', 'product_unknown'];

/**
 * Takes messages of other systems. What a message does and that it was consumed are one transaction, so it is applied
 * exactly once however often it comes: consumed beforehand, it would be lost when the transaction fails. Throws
 * `webhook_not_found`, `webhook_refused`, `webhook_message_refused`, `rate_limited`; each refusal is logged by reason.
 */
export function createReceiver(deps: ReceiverDependencies): (incoming: Incoming) => Promise<Received> {
  const { database, endpoints, entitlements, outbox, counters, count, now } = deps;
  let received = 0;

  /** Undefined if the state does not answer: an outage of it is no reason to lose payments. */
  const counted = async (key: string, amount: 0 | 1) => {
    const window = amount === 0 ? counters.get(key, now()) : counters.add(key, amount, MINUTE, now());
    return (await window.catch(() => undefined))?.value ?? 0;
  };

  async function consume(transaction: CmsTransaction, endpoint: Endpoint, token: WebhookToken, digest: Buffer) {
    const added = await transaction
      .insertInto('webhook_consumed')
      .values({
        endpoint_id: endpoint.id,
        jti: token.jti,
        message_digest: digest,
        expires_at: new Date(token.expiresAt * 1_000 + REMEMBERED),
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('jti')
      .executeTakeFirst();
    if (added !== undefined) return true;
    const first = await transaction
      .selectFrom('webhook_consumed')
      .select('message_digest')
      .where('endpoint_id', '=', endpoint.id)
      .where('jti', '=', token.jti)
      .executeTakeFirst();
    if (first !== undefined && !first.message_digest.equals(digest)) throw new WebhookRefusal('jti_reused', token.jti);
    return false;
  }

  async function apply(endpoint: Endpoint, token: WebhookToken, message: PaymentMessage, log: Log, by: Actor) {
    const digest = createHash('sha256')
      .update(JSON.stringify([message.event, message.user, message.product, message.payment ?? null]))
      .digest();
    const outcome = await inTransaction(database, async (transaction) => {
      const isNew = await consume(transaction, endpoint, token, digest);
      if (isNew) {
        const hold = { site: endpoint.site, subject: message.user, product: message.product };
        const granted = message.event === 'payment.succeeded';
        const source = sourceOf(endpoint, message);
        await entitlements.apply(transaction, by, hold, { source, granted, at: Math.floor(token.issuedAt) });
      }
      const done = isNew ? 'applied' : 'duplicate';
      await logDelivery(transaction, { ...log, outcome: done, event: message.event, jti: token.jti });
      return done;
    });
    outbox.committed();
    return outcome;
  }

  async function take(endpoint: Endpoint, secrets: readonly string[], incoming: Incoming, log: Log) {
    const { body } = incoming;
    const token = await verifyWebhookToken(tokenOf(endpoint, incoming), {
      secrets,
      audiences: [endpoint.id, `/cms/hooks/${endpoint.id}`],
      body: endpoint.message === 'body' ? body : undefined,
      now: now(),
    });
    const event = endpoint.message === 'body' ? parsedObject(body) : token.claims.event;
    const message = readMessage(isJsonObject(event) ? event : undefined, token.jti);
    if (!isPayment(message)) {
      await logDelivery(database, { ...log, outcome: 'ignored', event: message.event, jti: token.jti });
      return 'ignored';
    }
    const by = { ...systemActor(`webhook ${endpoint.id}`), address: incoming.address, requestId: incoming.requestId };
    return apply(endpoint, token, message, log, by).catch((error) => {
      throw isUnknownProduct(error) ? new WebhookRefusal('product_unknown', token.jti) : error;
    });
  }

  return async (incoming) => {
    const { endpointId, address, body } = incoming;
    const opened = await endpoints.open(endpointId);
    if (opened === undefined) throw problem('webhook_not_found');
    const refusedKey = `webhook-refused ${endpointId} ${address}`;
    const tooMany = (await counted(refusedKey, 0)) >= REFUSED_PER_MINUTE;
    if (tooMany || (await counted(`webhook ${endpointId}`, 1)) > PER_MINUTE) {
      count('rate_limited');
      throw problem('rate_limited', { headers: { 'retry-after': '60' } });
    }
    received += 1;
    await pruneNowAndThen(database, endpointId, received, now);
    const id = randomUUIDv7();
    const log: Log = { endpoint_id: endpointId, id, at: new Date(now()), reason: null, bytes: body.length };
    try {
      const outcome = await take(opened.endpoint, opened.secrets, incoming, log);
      count(outcome);
      return { outcome, delivery: id };
    } catch (error) {
      if (!(error instanceof WebhookRefusal)) throw error;
      const { reason, jti = null } = error;
      count('refused', reason);
      await logDelivery(database, { ...log, outcome: 'refused', reason, event: null, jti });
      await counted(refusedKey, 1);
      throw refusalProblem(error, id);
    }
  };
}

type Log = Pick<Delivery, 'endpoint_id' | 'id' | 'at' | 'reason' | 'bytes'>;

function refusalProblem({ reason }: WebhookRefusal, delivery: string): Problem {
  const extensions = { reason, delivery };
  if (unauthorized.includes(reason)) return problem('webhook_message_refused', { extensions });
  return problem('webhook_refused', {
    extensions,
    headers: {
      'www-authenticate': `Bearer realm="gaia webhook", error="invalid_token", error_description="${reason}"`,
    },
  });
}

/** The token where the endpoint says that its sender puts it. */
function tokenOf(endpoint: Endpoint, { rawHeaders, body }: Incoming): string {
  if (endpoint.token_in === 'authorization') {
    try {
      return bearerToken({ rawHeaders }) ?? '';
    } catch (error) {
      if (!(error instanceof TokenRefusal)) throw error;
      throw new WebhookRefusal(error.reason === 'authorization_repeated' ? 'token_repeated' : 'token_missing');
    }
  }
  const name = endpoint.token_name ?? '';
  if (endpoint.token_in === 'header') {
    const values = rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === name);
    if (values.length > 1) throw new WebhookRefusal('token_repeated');
    return (values[0] ?? '').replace(/^bearer +/i, '').trim();
  }
  const value = parsedObject(body)?.[name];
  return typeof value === 'string' ? value : '';
}

function sourceOf(endpoint: Endpoint, { payment }: PaymentMessage): Source {
  return payment === undefined
    ? { kind: 'latest', id: endpoint.id }
    : { kind: 'payment', id: `${endpoint.id} ${payment}` };
}

function isPayment(message: PaymentMessage | OtherMessage): message is PaymentMessage {
  return message.user !== undefined;
}

function isUnknownProduct(error: unknown): boolean {
  return error instanceof Problem && error.code === 'product_not_found';
}
