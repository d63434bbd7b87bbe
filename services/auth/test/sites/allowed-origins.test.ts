import { describe, expect, it } from 'vitest';
import { readAllowedOrigins } from '../../src/sites/allowed-origins.ts';
import { refusal, startAuth } from '../support/auth-under-test.ts';

const PUBLIC = 'https://cms.example';

describe('origins of front ends', () => {
  it('are kept as browsers send them, each once and sorted', () => {
    const given = ['https://www.example', 'http://localhost:3000', 'https://a.example:8443', 'https://www.example'];
    expect(readAllowedOrigins(given, PUBLIC)).toEqual([
      'http://localhost:3000',
      'https://a.example:8443',
      'https://www.example',
    ]);
    expect(readAllowedOrigins([], PUBLIC)).toEqual([]);
    for (const plain of ['http://app.localhost', 'http://127.0.0.1:5173', 'http://[::1]:3000']) {
      expect(readAllowedOrigins([plain], PUBLIC)).toEqual([plain]);
    }
    expect(readAllowedOrigins(['http://a.example'], 'http://localhost:8080')).toEqual(['http://a.example']);
  });

  it.each([
    '*',
    'null',
    'https://*.example',
    'https://*',
    'https://a.example/',
    'https://a.example/path',
    'https://a.example?x',
    'https://a.example#x',
    'https://user@a.example',
    'https://a.example:443',
    'http://localhost:80',
    'HTTPS://a.example',
    'https://A.example',
    'https://ä.example',
    'https:a.example',
    '//a.example',
    'a.example',
    'http://a.example',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:https://a.example/x',
    'https://a.example https://b.example',
    'https://a.example\r\nX: y',
    ' https://a.example',
    'https://a.example\\@evil.example',
    'https://a.example:99999',
    'chrome-extension://abcdef',
  ])('cannot be %j', (text) => {
    expect(() => readAllowedOrigins([text], PUBLIC)).toThrow(/origins\/0/);
  });
});

it('who manages a site says them, the gateway asks for them, and nobody else may', async () => {
  await using auth = await startAuth();
  const site = 'site-a.localhost';
  const owner = await auth.member({ site, roles: ['owner'] });
  const editor = await auth.member({ site, roles: ['editor'] });
  const loginOf = async (who: { email: string; password: string }) =>
    (await auth.login({ email: who.email, password: who.password })).access_token;
  const [boss, clerk] = [await loginOf(owner), await loginOf(editor)];
  const change = (origins: unknown, token = boss) => auth.send('PATCH', `/auth/sites/${site}`, token, { origins });
  const known = async () => (await auth.get(`/auth/hosts/${site}`)).json().origins;

  expect(await known()).toEqual([]);
  const origins = ['http://localhost:3000', 'https://www.example'];
  expect((await change(origins)).json().origins).toEqual(origins);
  expect(await known()).toEqual(origins);
  expect((await auth.get(`/auth/sites/${site}`, boss)).json().origins).toEqual(origins);
  expect(refusal(await change(['https://evil.example'], clerk))).toEqual({ status: 403, code: 'insufficient_scope' });
  const many = Array.from({ length: 21 }, (_, index) => `https://a${index}.example`);
  for (const wrong of [many, ['*'], ['null'], 'https://a.example', [1], [`https://${'a'.repeat(300)}.example`]]) {
    expect(refusal(await change(wrong))).toEqual({ status: 400, code: 'validation_failed' });
  }
  expect(await known()).toEqual(origins);
  expect((await change([])).json().origins).toEqual([]);
  expect(await known()).toEqual([]);
});
