import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { type Adapter, type AdapterPayload, Provider } from 'oidc-provider';
import { type Dispatcher, request } from 'undici';

/** The peer that refreshes are compared with: rotated refresh tokens, signed access tokens (RS256), state in the same Redis. */
export interface OidcProvider extends Disposable {
  /** Refresh tokens of as many grants. */
  mint(count: number): Promise<string[]>;
  /** The next refresh token. */
  refresh(refreshToken: string, dispatcher: Dispatcher): Promise<string>;
  /** Processor seconds that its process has used. */
  cpuSeconds(): Promise<number>;
}

const CLIENT_ID = 'bench';
const RESOURCE = 'https://api.bench.test';
const DAY_SECONDS = 86_400;

/** In a process of its own, which is this file. */
export async function startOidcProvider(redisUrl: string): Promise<OidcProvider> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', redisUrl], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  async function tell<T>(order: object): Promise<T> {
    child.send(order);
    const [answer] = (await once(child, 'message')) as [T];
    return answer;
  }
  return {
    mint: async (count) => (await tell<{ tokens: string[] }>({ mint: count })).tokens,
    cpuSeconds: async () => (await tell<{ cpuSeconds: number }>({ cpu: true })).cpuSeconds,
    async refresh(refreshToken, dispatcher) {
      const form = { grant_type: 'refresh_token', client_id: CLIENT_ID, refresh_token: refreshToken };
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams(form).toString(),
        dispatcher,
      });
      const { refresh_token: next } = (await body.json()) as { readonly refresh_token?: string };
      if (statusCode !== 200 || next === undefined) throw new Error(`oidc-provider answered ${statusCode}`);
      return next;
    },
    [Symbol.dispose]: () => void child.kill(),
  };
}

/** What oidc-provider asks of a store, in as few commands as it takes. */
function adapterOn(redis: Redis): (name: string) => Adapter {
  return (name) => {
    const keyOf = (id: string) => `oidc:${name}:${id}`;
    const grantKeyOf = (grantId: string) => `oidc:grant:${grantId}`;
    const find = async (id: string): Promise<AdapterPayload | undefined> => {
      const text = await redis.get(keyOf(id));
      return text === null ? undefined : JSON.parse(text);
    };
    return {
      find,
      findByUid: async () => undefined,
      findByUserCode: async () => undefined,
      async upsert(id, payload, expiresIn = DAY_SECONDS) {
        const commands = redis.multi().set(keyOf(id), JSON.stringify(payload), 'EX', expiresIn);
        if (payload.grantId !== undefined) {
          commands.rpush(grantKeyOf(payload.grantId), keyOf(id)).expire(grantKeyOf(payload.grantId), expiresIn);
        }
        await commands.exec();
      },
      async consume(id) {
        const payload = await find(id);
        const consumed = Math.floor(Date.now() / 1_000);
        if (payload !== undefined) await redis.set(keyOf(id), JSON.stringify({ ...payload, consumed }), 'KEEPTTL');
      },
      async destroy(id) {
        await redis.del(keyOf(id));
      },
      async revokeByGrantId(grantId) {
        await redis.del(...(await redis.lrange(grantKeyOf(grantId), 0, -1)), grantKeyOf(grantId));
      },
    };
  };
}

function createProvider(redisUrl: string): Provider {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return new Provider('http://127.0.0.1', {
    adapter: adapterOn(new Redis(redisUrl)),
    clients: [
      {
        client_id: CLIENT_ID,
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code', 'refresh_token'],
        redirect_uris: ['https://bench.test/callback'],
        response_types: ['code'],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] },
    scopes: ['read', 'offline_access'],
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: 'read',
          audience: RESOURCE,
          accessTokenTTL: 900,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
    rotateRefreshToken: true,
    ttl: { RefreshToken: 7 * DAY_SECONDS, Grant: 7 * DAY_SECONDS, AccessToken: 900 },
  });
}

async function mint(provider: Provider, accountId: string): Promise<string> {
  const grant = new provider.Grant({ accountId, clientId: CLIENT_ID });
  grant.addOIDCScope('offline_access');
  grant.addResourceScope(RESOURCE, 'read');
  const grantId = await grant.save();
  const client = await provider.Client.find(CLIENT_ID);
  if (client === undefined) throw new Error('the client is not registered');
  const token = new provider.RefreshToken({
    accountId,
    client,
    grantId,
    scope: 'offline_access read',
    gty: 'authorization_code',
    resource: RESOURCE,
    expiresWithSession: false,
  });
  return token.save();
}

if (process.argv[2] === 'serve') {
  const provider = createProvider(process.argv[3] ?? '');
  const server = createServer(provider.callback()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.on('message', async (order: { readonly mint?: number }) => {
    if (order.mint === undefined) {
      const { user, system } = process.cpuUsage();
      process.send?.({ cpuSeconds: (user + system) / 1e6 });
      return;
    }
    const accounts = Array.from({ length: order.mint }, (_, index) => `account-${index}`);
    process.send?.({ tokens: await Promise.all(accounts.map((account) => mint(provider, account))) });
  });
  process.on('disconnect', () => process.exit());
  process.send?.({ port: (server.address() as AddressInfo).port });
}
