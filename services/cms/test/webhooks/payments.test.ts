import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, editor, feedEvents, member, startCms, type TestCms } from '../cms.ts';
import { senderToken } from './sender.ts';

let cms: TestCms;
let hook: { id: string; secret: string; path: string };
beforeAll(async () => {
  cms = await startCms();
  for (const id of ['course', 'book']) await cms.call('POST /cms/a/products', { as: admin, body: { id, name: id } });
  hook = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'payments' } })).body;
});
afterAll(() => cms.close());

interface Message {
  type: string;
  user?: string;
  product?: string;
  payment?: string | undefined;
}
function signed(message: Message, claims = {}, secret = hook.secret) {
  const body = JSON.stringify(message);
  return { body, authorization: `Bearer ${senderToken({ secret, body, now: cms.issuer.now(), claims })}` };
}
const deliver = async ({ body, authorization }: ReturnType<typeof signed>, id = hook.id) =>
  cms.call(`POST /cms/hooks/${id}`, { body, headers: { authorization, 'content-type': 'application/json' } });
const productsOf = async (user: string) =>
  (await cms.call(`GET /cms/a/entitlements?user=${user}`, { as: admin })).body.items.map(
    (item: { product: string }) => item.product,
  );

describe('a payment', () => {
  it('opens what asks for the product within the same moment, and its refund closes it', async () => {
    const fields = [{ name: 'title', type: 'text' }];
    await cms.call('POST /cms/a/types', { as: admin, body: { name: 'lesson', fields } });
    const body = { type: 'lesson', visibility: 'products', products: ['course'], fields: { title: 'One' } };
    const { id } = (await cms.call('POST /cms/a/entries', { as: editor, body })).body;
    await cms.call(`POST /cms/a/entries/${id}/publish`, { as: editor });
    const read = async () => (await cms.call(`GET /cms/a/entries/${id}`, { as: member })).status;
    const count = async () => (await cms.call('GET /cms/a/entries', { as: member })).body.items.length;
    expect([await read(), await count()]).toEqual([404, 0]);
    const message = { user: 'u-member', product: 'course', payment: 'p-1' };
    const answer = await deliver(signed({ type: 'payment.succeeded', ...message }));
    expect(answer).toMatchObject({ status: 200, body: { outcome: 'applied' } });
    expect([await read(), await count()]).toEqual([200, 1]);
    const own = await cms.call('GET /cms/a/entitlements', { as: member });
    expect(own.body.items).toMatchObject([{ user: 'u-member', product: 'course' }]);
    await deliver(signed({ type: 'payment.refunded', ...message }));
    expect([await read(), await count()]).toEqual([404, 0]);
    expect((await feedEvents(cms)).at(-1)).toMatchObject({
      kind: 'entitlement',
      entitlement: { user: 'u-member', product: 'course', held: false },
    });
  });

  it('is counted by what became of it', async () => {
    const counted = async () => {
      const { values } = (await cms.metrics.getSingleMetric('gaia_cms_webhook_deliveries_total')?.get()) ?? {
        values: [],
      };
      return Object.fromEntries(
        values.map(({ labels, value }) => [`${labels.outcome} ${labels.reason}`.trim(), value]),
      );
    };
    const before = await counted();
    const own = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'counted' } })).body;
    const payment = { type: 'payment.succeeded', user: 'u-counted', product: 'course', payment: 'p-counted' };
    const message = signed(payment, {}, own.secret);
    await deliver(message, own.id);
    await deliver(message, own.id);
    await deliver({ ...message, authorization: 'Bearer x' }, own.id);
    const after = await counted();
    const grown = Object.keys(after).filter((key) => after[key] === (before[key] ?? 0) + 1);
    expect(grown.toSorted()).toEqual(['applied', 'duplicate', 'refused token_malformed']);
  });

  it('is applied once, however often and however much at once it is delivered', async () => {
    const message = signed({ type: 'payment.succeeded', user: 'u-often', product: 'course', payment: 'p-often' });
    const outcomes = await Promise.all(Array.from({ length: 8 }, () => deliver(message)));
    expect(outcomes.map((answer) => answer.status)).toEqual(Array(8).fill(200));
    expect(outcomes.filter((answer) => answer.body.outcome === 'applied')).toHaveLength(1);
    await cms.call('DELETE /cms/a/entitlements/u-often/course', { as: admin });
    expect((await deliver(message)).body.outcome).toBe('duplicate');
    expect(await productsOf('u-often')).toEqual([]);
  });

  it('cannot be replayed with another message under the same jti', async () => {
    const jti = randomUUID();
    await deliver(signed({ type: 'payment.succeeded', user: 'u-x', product: 'course' }, { jti }));
    const other = await deliver(signed({ type: 'payment.succeeded', user: 'u-y', product: 'course' }, { jti }));
    expect(other).toMatchObject({ status: 422, body: { reason: 'jti_reused' } });
    expect(await productsOf('u-y')).toEqual([]);
  });

  it('is taken again when it could not be applied the first time', async () => {
    const message = signed({ type: 'payment.succeeded', user: 'u-early', product: 'later' });
    expect((await deliver(message)).body.reason).toBe('product_unknown');
    await cms.call('POST /cms/a/products', { as: admin, body: { id: 'later', name: 'Later' } });
    expect((await deliver(message)).body.outcome).toBe('applied');
    expect(await productsOf('u-early')).toEqual(['later']);
  });

  it('leaves out what is none, and says so', async () => {
    expect((await deliver(signed({ type: 'invoice.created' }))).body.outcome).toBe('ignored');
  });

  it('gives the same end in every order, with repetitions', async () => {
    let round = 0;
    const step = fc.record({ payment: fc.constantFrom('a', 'b'), refunded: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 6 }), async (steps) => {
        round += 1;
        const user = `u-order-${round}`;
        for (const { payment, refunded } of steps) {
          const type = refunded ? 'payment.refunded' : 'payment.succeeded';
          const answer = await deliver(signed({ type, user, product: 'book', payment: `${round}-${payment}` }));
          expect(answer.status).toBe(200);
          cms.issuer.travel(1);
        }
        const paid = (payment: string) => {
          const mine = steps.filter((one) => one.payment === payment);
          return mine.length > 0 && mine.every((one) => !one.refunded);
        };
        expect(await productsOf(user)).toEqual(paid('a') || paid('b') ? ['book'] : []);
      }),
      { numRuns: 15 },
    );
  });

  it('without a name counts by the time of its message', async () => {
    const now = Math.floor(cms.issuer.now() / 1_000);
    const at = (iat: number) => ({ iat, exp: iat + 120 });
    const hold = { user: 'u-nameless', product: 'book' };
    await deliver(signed({ type: 'payment.refunded', ...hold }, at(now - 5)));
    await deliver(signed({ type: 'payment.succeeded', ...hold }, at(now - 10)));
    expect(await productsOf('u-nameless')).toEqual([]);
    await deliver(signed({ type: 'payment.succeeded', ...hold }, at(now)));
    expect(await productsOf('u-nameless')).toEqual(['book']);
  });
});

describe('an endpoint', () => {
  it('takes both secrets while they overlap, and only the new one afterwards', async () => {
    const { id, secret } = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'rotated' } })).body;
    // One that began with a dash would be an option to `gaia webhook sign`.
    expect(id).toMatch(/^w[A-Za-z0-9_-]{21}$/);
    const rotated = await cms.call(`POST /cms/a/webhooks/${id}/rotate`, { as: admin, body: { overlap_seconds: 60 } });
    const message = { type: 'payment.succeeded', user: 'u-rotation', product: 'book' };
    const status = async (key: string) => (await deliver(signed(message, {}, key), id)).status;
    expect([await status(secret), await status(rotated.body.secret)]).toEqual([200, 200]);
    cms.issuer.travel(61);
    expect([await status(secret), await status(rotated.body.secret)]).toEqual([401, 200]);
    const shown = await cms.call(`GET /cms/a/webhooks/${id}`, { as: admin });
    expect(JSON.stringify(shown.body)).not.toContain(rotated.body.secret);
    await cms.call(`POST /cms/a/webhooks/${id}/rotate`, { as: admin, body: { overlap_seconds: 0 } });
    expect(await status(rotated.body.secret)).toBe(401);
  });

  it.each([
    ['another header', { token_in: 'header', token_name: 'x-pay-signature' }],
    ['a member of the body', { token_in: 'body', token_name: 'token' }],
    ['the header, with the message in the token', { message: 'token' }],
  ])('takes the token in %s', async (_case, options) => {
    const made = (await cms.call('POST /cms/a/webhooks', { as: admin, body: { name: 'n', ...options } })).body;
    const event = { type: 'payment.succeeded', user: `u-${made.id}`, product: 'book' };
    const inToken = made.message === 'token';
    const body = JSON.stringify(inToken ? { type: 'payment.succeeded', user: 'u-unsigned', product: 'book' } : event);
    const token = senderToken({
      secret: made.secret,
      now: cms.issuer.now(),
      ...(inToken ? { claims: { event } } : { body }),
    });
    const answer = await cms.call(`POST /cms/hooks/${made.id}`, {
      body: made.token_in === 'body' ? JSON.stringify({ ...JSON.parse(body), token }) : body,
      headers: {
        'content-type': 'application/json',
        ...(made.token_in === 'header' && { 'x-pay-signature': token }),
        ...(made.token_in === 'authorization' && { authorization: `Bearer ${token}` }),
      },
    });
    expect(answer.body.outcome).toBe('applied');
    expect(await productsOf(event.user)).toEqual(['book']);
    expect(await productsOf('u-unsigned')).toEqual([]);
  });

  it('lists what became of its messages, page by page', async () => {
    const pages = [];
    let cursor = '';
    do {
      const { body } = await cms.call(`GET /cms/a/webhooks/${hook.id}/deliveries?limit=10${cursor}`, { as: admin });
      pages.push(...body.items);
      cursor = body.next_cursor === null ? '' : `&cursor=${body.next_cursor}`;
    } while (cursor !== '');
    const whole = (await cms.call(`GET /cms/a/webhooks/${hook.id}/deliveries?limit=200`, { as: admin })).body.items;
    expect(pages).toEqual(whole);
    const refused = await cms.call(`GET /cms/a/webhooks/${hook.id}/deliveries?outcome=refused`, { as: admin });
    expect(refused.body.items.map((item: { reason: string }) => item.reason)).toEqual([
      'product_unknown',
      'jti_reused',
    ]);
  });

  it.each([
    ['GET /cms/a/webhooks', editor, undefined, 'insufficient_scope'],
    ['GET /cms/b/webhooks', admin, undefined, 'forbidden'],
    ['POST /cms/a/webhooks', admin, { name: 'x', secret: 'short' }, 'validation_failed'],
    [
      'POST /cms/a/webhooks',
      admin,
      { name: 'x', token_in: 'body', token_name: 't', message: 'body' },
      'validation_failed',
    ],
    ['POST /cms/a/webhooks', admin, { name: 'x', token_in: 'header' }, 'validation_failed'],
    ['POST /cms/a/webhooks', admin, { name: 'x', token_name: 'x-y' }, 'validation_failed'],
    ['GET /cms/a/entitlements?user=u-often', member, undefined, 'forbidden'],
    ['PUT /cms/a/entitlements/u-member/course', member, undefined, 'insufficient_scope'],
    ['PUT /cms/a/entitlements/u-member/course', editor, undefined, 'insufficient_scope'],
    ['PUT /cms/a/entitlements/u-member/nothing', admin, undefined, 'product_not_found'],
    ['GET /cms/a/entitlements?cursor=x', admin, undefined, 'invalid_cursor'],
    ['POST /cms/a/products', editor, { id: 'x', name: 'x' }, 'insufficient_scope'],
    ['POST /cms/a/products', admin, { id: 'course', name: 'x' }, 'product_exists'],
    ['DELETE /cms/a/products/course', admin, undefined, 'product_in_use'],
  ])('%s is refused', async (route, as, body, code) => {
    expect((await cms.call(route, { as, body })).body.code).toBe(code);
  });
});
