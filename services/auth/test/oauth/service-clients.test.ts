import { describe, expect, it } from 'vitest';
import { clientCredentialsOf } from '../../src/oauth/client-authentication.ts';
import { authenticateClient, readServiceClients } from '../../src/oauth/service-clients.ts';
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
    expect(authenticateClient(clients, { id: 'search', secret: SECRET })?.id).toBe('search');
    expect(authenticateClient(clients, { id: 'search', secret: `${SECRET}x` })).toBeUndefined();
    expect(authenticateClient(clients, { id: 'nobody', secret: '' })).toBeUndefined();
    expect(authenticateClient(clients, { id: '__proto__', secret: SECRET })).toBeUndefined();
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

describe('clientCredentialsOf', () => {
  it('decodes the halves of Basic as forms (RFC 6749 §2.3.1)', () => {
    const header = `basic ${Buffer.from('a%3Ab:c+d%C3%A9:e').toString('base64')}`;
    expect(clientCredentialsOf(header, new Map())).toEqual({ id: 'a:b', secret: 'c dé:e' });
  });

  it.each([
    'Basic',
    'Basic :',
    `Basic ${Buffer.from(':x').toString('base64')}`,
    `Basic ${Buffer.from('a:%zz').toString('base64')}`,
  ])('refuses %s', (header) => {
    expect(() => clientCredentialsOf(header, new Map())).toThrow(expect.objectContaining({ code: 'invalid_client' }));
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
