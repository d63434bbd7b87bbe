import { expect, it } from 'vitest';
import { banner } from '../src/banner.ts';
import { loadConfig } from '../src/config.ts';

const configOf = (env: Record<string, string>) => loadConfig(env, '/srv/gaia');

it('shows a password that was made, in the login too', () => {
  const text = banner(configOf({}), { email: 'admin@localhost', password: 'made-at-random', generated: true });
  expect(text).toMatch(/Administrator: +admin@localhost +password: made-at-random +\(shown this once\)/);
  expect(text).toContain('{"email":"admin@localhost","password":"made-at-random"}');
});

it('says of a given password only where it comes from', () => {
  const env = { GAIA_ADMIN_EMAIL: 'me@example.com', GAIA_ADMIN_PASSWORD: 'a given password' };
  const text = banner(configOf(env), { email: 'me@example.com', password: 'a given password', generated: false });
  expect(text).toContain('password: the one in GAIA_ADMIN_PASSWORD');
  expect(text).not.toContain('a given password');
});

it.each<[Record<string, string>, string]>([
  [{}, 'exists already\n'],
  [{ GAIA_ADMIN_PASSWORD: 'another password' }, 'exists already; not used: GAIA_ADMIN_PASSWORD\n'],
  [
    { GAIA_ADMIN_EMAIL: 'other@example.com', GAIA_ADMIN_PASSWORD: 'another password' },
    'exists already; not used: GAIA_ADMIN_EMAIL, GAIA_ADMIN_PASSWORD\n',
  ],
])('where an administrator exists, with %j, says what is not used and names no login that fails', (env, line) => {
  const text = banner(configOf(env), undefined);
  expect(text).toContain(line);
  expect(text).toContain('users set-password');
  expect(text).toContain('{"email":"YOUR-ADDRESS","password":"YOUR-PASSWORD"}');
  for (const value of Object.values(env)) expect(text).not.toContain(value);
});
