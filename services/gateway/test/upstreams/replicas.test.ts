import { expect, it } from 'vitest';
import { createReplicas } from '../../src/upstreams/replicas.ts';
import { createClock, openGateway } from '../support/gateway.ts';
import { answerJson, serve } from '../support/servers.ts';

async function deadOrigin(): Promise<string> {
  const server = await serve(() => {});
  await server.close();
  return server.origin;
}

it('asks replicas in turns', async () => {
  const seen: string[] = [];
  const named = (name: string) =>
    serve((_, outgoing) => {
      seen.push(name);
      answerJson(outgoing, 200, {});
    });
  const [one, two] = await Promise.all([named('one'), named('two')]);
  const gateway = await openGateway({ env: { CMS_URL: `${one.origin}, ${two.origin}` } });
  for (let count = 0; count < 4; count += 1) await gateway.send('/cms/x');
  expect(seen).toEqual(['one', 'two', 'one', 'two']);
});

it('leaves out one that does not answer, without a request that fails', async () => {
  const living = await serve((_, outgoing) => answerJson(outgoing, 200, {}));
  const gateway = await openGateway({ env: { CMS_URL: `${await deadOrigin()},${living.origin}` } });
  for (let count = 0; count < 20; count += 1) {
    expect((await gateway.send('/cms/x', { method: count % 2 ? 'DELETE' : 'GET' })).status).toBe(200);
  }
});

it('asks auth’s other replica for itself', async () => {
  const dead = await deadOrigin();
  const gateway = await openGateway();
  const auth = await serve(gateway.auth.listener);
  const other = await openGateway({ env: { AUTH_URL: `${dead},${auth.origin}` } });
  const login = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const answer = await other.send('/session', { ...login, body: '{"email":"ann@example.org","password":"right"}' });
  expect(answer.status).toBe(200);
});

it('stops asking what fails again and again, says when to come back, and tries with one request', async () => {
  const clock = createClock();
  const dead = await deadOrigin();
  const gateway = await openGateway({ env: { CMS_URL: dead }, now: clock.now });
  for (let count = 0; count < 5; count += 1) expect((await gateway.send('/cms/x')).status).toBe(503);
  const living = await serve((_, outgoing) => answerJson(outgoing, 200, {}), Number(new URL(dead).port));
  const refused = await gateway.send('/cms/x');
  expect(refused.status).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
  clock.advance(1_000);
  expect((await gateway.send('/cms/x')).status).toBe(200);
  expect((await gateway.send('/cms/x')).status).toBe(200);
  await living.close();
});

it('tries again after longer and longer pauses', () => {
  const clock = createClock();
  const { next, all } = createReplicas(['only'], clock.now);
  for (let count = 0; count < 5; count += 1) all[0]?.breaker.failed();
  const pauses: number[] = [];
  for (let count = 0; count < 6; count += 1) {
    const refused = next();
    pauses.push('waitMs' in refused ? refused.waitMs : 0);
    clock.advance(pauses.at(-1) ?? 0);
    expect(next()).toBe(all[0]);
    // One request is on trial; the others still go without.
    expect(next()).toHaveProperty('waitMs');
    all[0]?.breaker.failed();
  }
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});
