import { Registry } from 'prom-client';
import { Type } from 'typebox';
import { expect, it } from 'vitest';
import { createLogger } from '../src/logger.ts';
import { createService } from '../src/service.ts';

const start = () =>
  createService({
    name: 'cups',
    description: 'Cups.',
    logger: createLogger({ service: 'cups', level: 'info' }, { write: () => {} }),
    metrics: new Registry(),
    checks: [],
    trustedProxies: [],
  });
const open = Type.Object({ size: Type.Integer() });
const closed = { additionalProperties: false };

it.each([
  ['itself', open],
  ['a member', Type.Object({ cup: open }, closed)],
  ['an item of a list', Type.Object({ cups: Type.Array(open) }, closed)],
  ['one of several forms', Type.Union([Type.Null(), open])],
])('a route whose body leaves unknown members of %s undecided cannot be registered', async (_where, body) => {
  const app = await start();
  expect(() => app.post('/cups', { schema: { body } }, async () => ({}))).toThrow(/lacks additionalProperties/);
  await app.close();
});

it.each([
  ['no body', undefined, undefined],
  ['an empty object', {}, undefined],
  ['an empty object where the route has its own hook', {}, 'own'],
])('a route without a body takes %s', async (_what, payload, own) => {
  const app = await start();
  let hooks = 0;
  const preValidation = own === undefined ? [] : [async () => void hooks++];
  app.post('/wash', { preValidation }, async () => ({ washed: true }));
  const response = await app.inject({ method: 'POST', url: '/wash', ...(payload && { payload }) });
  expect([response.statusCode, hooks]).toEqual([200, own === undefined ? 0 : 1]);
  await app.close();
});
