import { expect, it } from 'vitest';
import { openGateway } from '../support/gateway.ts';

const json = { 'content-type': 'application/json' };
const body = '{"email":"ann@example.org","password":"right"}';

it('with an https PUBLIC_URL, sets Secure cookies and HSTS whatever host and proxy say', async () => {
  const gateway = await openGateway({ env: { PUBLIC_URL: 'https://localhost' } });
  const signedIn = await gateway.send('/session', { method: 'POST', headers: { ...json, host: 'localhost' }, body });
  expect(signedIn.headers['set-cookie']?.join()).toMatch(/^__Host-gaia=[^;]+;.*\bSecure\b/);
  for (const path of ['/session', '/cms/x', '/nothing']) {
    const { headers } = await gateway.send(path);
    expect([path, headers['strict-transport-security']]).toEqual([path, 'max-age=31536000']);
  }
});

it('with an http PUBLIC_URL, sends no HSTS', async () => {
  const gateway = await openGateway();
  expect((await gateway.send('/cms/x')).headers).not.toHaveProperty('strict-transport-security');
});
