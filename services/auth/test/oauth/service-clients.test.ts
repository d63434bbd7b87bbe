import { describe, expect, it } from 'vitest';
import { createClientAuthentication } from '../../src/oauth/client-authentication.ts';
import { secretOf } from '../../src/oauth/oauth-client.ts';
import { clientOfConfiguration, readServiceClients } from '../../src/oauth/service-clients.ts';
import { readTokenRequest } from '../../src/oauth/token-request.ts';

const SECRET = 'c2VjcmV0LXNlY3JldA==';

describe('readServiceClients', () => {
  it('reads ids, secrets and scopes, and keeps no secret', () => {
    const clients = readServiceClients(`search=${SECRET}:feed:read  content:read , assets=${SECRET}x:feed:read,`);
    expect(clients.map(({ id, scopes }) => ({ id, scopes }))).toEqual([
      { id: 'search', scopes: ['feed:read', 'content:read'] },
      { id: 'assets', scopes: ['feed:read'] },
    ]);
    expect(JSON.stringify(clients)).not.toContain(SECRET);
    const [search] = clients.map(clientOfConfiguration);
    expect(secretOf(search, SECRET)).toBe(search?.secrets[0]);
    expect(secretOf(search, `${SECRET}x`)).toBeUndefined();
    expect(secretOf(undefined, '')).toBeUndefined();
    expect(search && secretOf({ ...search, secrets: [] }, '')).toBeUndefined();
  });

  it.each([
    ['search', /must look like/],
    [`Search=${SECRET}:feed:read`, /must look like/],
    [`019aa5b2-0000-7000-8000-000000000001=${SECRET}:feed:read`, /must look like/],
    [`search=short:feed:read`, /must give search a secret/],
    [`search=${SECRET}:`, /gives search no scope/],
    [`search=${SECRET}:feed:write`, /unknown scope feed:write/],
    [`search=${SECRET}:toString`, /unknown scope/],
    [`search=${SECRET}:feed:read,search=${SECRET}:feed:read`, /names a client twice/],
  ])('refuses %s without repeating the secret', (text, message) => {
    expect(() => readServiceClients(text)).toThrow(message);
    expect(() => readServiceClients(text)).not.toThrow(SECRET);
  });
});

describe('HTTP Basic', () => {
  const asked: string[] = [];
  const authenticate = createClientAuthentication({
    findClient: async (id) => {
      asked.push(id);
      return undefined;
    },
    audiences: [],
    state: { consumeOnce: async () => true },
    audit: { note: async () => {} },
    noteUse: async () => {},
    now: () => 0,
  });
  const by = {
    subject: undefined,
    actingParty: undefined,
    sessionId: undefined,
    address: undefined,
    requestId: undefined,
  };

  it('is decoded as forms are (RFC 6749 §2.3.1)', async () => {
    const authorization = `basic ${Buffer.from('a%3Ab:c+d%C3%A9:e').toString('base64')}`;
    await expect(authenticate({ authorization, form: new Map(), by })).rejects.toMatchObject({
      code: 'invalid_client',
    });
    expect(asked).toEqual(['a:b']);
  });

  it.each([
    'Basic',
    'Basic :',
    `Basic ${Buffer.from(':x').toString('base64')}`,
    `Basic ${Buffer.from('a:%zz').toString('base64')}`,
  ])('refuses %s', async (authorization) => {
    const before = asked.length;
    await expect(authenticate({ authorization, form: new Map(), by })).rejects.toMatchObject({
      code: 'invalid_client',
    });
    expect(asked).toHaveLength(before);
  });
});

describe('readTokenRequest', () => {
  it('takes each parameter once, and empty ones not at all', () => {
    expect([...readTokenRequest('grant_type=a+b&scope=&__proto__=x')]).toEqual([
      ['grant_type', 'a b'],
      ['__proto__', 'x'],
    ]);
  });

  it.each([
    undefined,
    {},
    'a=1&a=2',
    'a=&a=2',
    `a=${'x'.repeat(8_193)}`,
    Array.from({ length: 33 }, (_, i) => `p${i}=1`).join('&'),
  ])('refuses %j', (body) => {
    expect(() => readTokenRequest(body)).toThrow(expect.objectContaining({ code: 'invalid_request' }));
  });
});
