import { isValidUnicode } from '@gaia/http-service/invalid-unicode';
import { isJsonObject, type JsonObject } from '../values/json-values.ts';
import { PRODUCT_ID } from '../values/names.ts';
import { WebhookRefusal } from './webhook-token.ts';

/** What a message asks for: a product is granted or withdrawn. */
export interface PaymentMessage {
  readonly event: 'payment.succeeded' | 'payment.refunded';
  readonly user: string;
  readonly product: string;
  /** The payment that it is about, if the sender names it. */
  readonly payment: string | undefined;
}

/** A message that is none of ours to act on; the sender is told that it was taken. */
export interface OtherMessage {
  readonly event: string;
  readonly user: undefined;
}

const product = new RegExp(PRODUCT_ID);
const events: readonly string[] = ['payment.succeeded', 'payment.refunded'] satisfies PaymentMessage['event'][];

/**
 * Reads `{"type": "payment.succeeded", "user": …, "product": …, "payment": …}`; all but the type may stand in `data`.
 * Further members are ignored. Throws WebhookRefusal message_malformed.
 */
export function readMessage(value: JsonObject | undefined, jti: string): PaymentMessage | OtherMessage {
  const refusal = new WebhookRefusal('message_malformed', jti);
  if (value === undefined) throw refusal;
  const event = value.type;
  if (!isShortText(event, 100)) throw refusal;
  if (!events.includes(event)) return { event, user: undefined };
  const data = isJsonObject(value.data) ? value.data : value;
  if (!isShortText(data.user, 255)) throw refusal;
  if (typeof data.product !== 'string' || !product.test(data.product)) throw refusal;
  if (data.payment !== undefined && !isShortText(data.payment, 200)) throw refusal;
  return {
    event: event as PaymentMessage['event'],
    user: data.user,
    product: data.product,
    payment: data.payment,
  };
}

function isShortText(value: unknown, longest: number): value is string {
  return typeof value === 'string' && value !== '' && value.length <= longest && isValidUnicode(value);
}
