import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished, vi } from 'vitest';
import { isShared } from '../../src/upstreams/addresses.ts';
import { openUpstreams } from '../../src/upstreams/pools.ts';

it.each([
  ['http://cms:8082', true],
  ['http://cms.internal:8082', true],
  ['http://127.0.0.1:8082', false],
  ['http://[::1]:8082', false],
  ['http://localhost:8082', false],
  ['https://cms.example.org', false],
])('%s can stand for several replicas: %s', (url, shared) => {
  expect(isShared(new URL(url))).toBe(shared);
});

it('follows the addresses of a name: uses new replicas, and removed ones no more', async () => {
  const port = await listen('127.0.0.1', 0);
  await listen('127.0.0.2', port);
  let addresses: readonly string[] | undefined = ['127.0.0.1'];
  const url = `http://cms.test:${port}`;
  const upstreams = openUpstreams(
    { auth: ['http://127.0.0.1:9'], cms: [url], assets: ['http://127.0.0.1:9'], search: ['http://127.0.0.1:9'] },
    {
      connections: 2,
      connectTimeoutMs: 1_000,
      headersTimeoutMs: 10_000,
      idleTimeoutMs: 10_000,
      restartWaitMs: 0,
      now: Date.now,
      lookUp: async () => {
        if (addresses === undefined) throw new Error('the resolver is away');
        return addresses;
      },
    },
  );
  onTestFinished(() => upstreams.close());

  /** Which replicas answer four requests, and by which name they are called. */
  async function answering(): Promise<string[]> {
    const seen = new Set<string>();
    for (let count = 0; count < 4; count += 1) {
      const { body } = await upstreams.dispatchers.cms.request({ origin: url, method: 'GET', path: '/' });
      seen.add(await body.text());
    }
    return [...seen].sort();
  }

  const waiting = { timeout: 20_000, interval: 50 };
  await vi.waitFor(async () => expect(await answering()).toEqual([`127.0.0.1 cms.test:${port}`]), waiting);
  addresses = ['127.0.0.1', '127.0.0.2'];
  const both = [`127.0.0.1 cms.test:${port}`, `127.0.0.2 cms.test:${port}`];
  await vi.waitFor(async () => expect(await answering()).toEqual(both), waiting);
  addresses = undefined;
  expect(await answering()).toEqual(both);
  addresses = ['127.0.0.2'];
  await vi.waitFor(async () => expect(await answering()).toEqual(both.slice(1)), waiting);
});

async function listen(address: string, port: number): Promise<number> {
  const server = createServer((incoming, outgoing) => outgoing.end(`${address} ${incoming.headers.host}`));
  await new Promise<void>((resolve) => server.listen(port, address, resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}
