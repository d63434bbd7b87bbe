import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';

const needed = {
  DATABASE_URL: 'postgres://localhost/gaia',
  AUTH_KEK: 'ab'.repeat(32),
  AUTH_REFRESH_SECRET: 'r'.repeat(32),
};

describe('loadConfig', () => {
  it('needs a database and two secrets, and has a default for all else', () => {
    expect(() => loadConfig({})).toThrow(/DATABASE_URL[\s\S]*AUTH_KEK[\s\S]*AUTH_REFRESH_SECRET/);
    expect(loadConfig(needed)).toMatchObject({
      PORT: 8_081,
      GAIA_ISSUER: 'http://localhost:8080',
      ACCESS_TOKEN_SECONDS: 900,
      REFRESH_GRACE_SECONDS: 30,
      REFRESH_IDLE_SECONDS: 604_800,
      REFRESH_ABSOLUTE_SECONDS: 2_592_000,
      ARGON2_MEMORY_KIB: 19_456,
      ARGON2_PASSES: 2,
      ARGON2_LANES: 1,
      RATE_LIMIT: true,
      SERVICE_CLIENTS: [],
    });
  });

  it.each([
    ['AUTH_KEK', 'too short'],
    ['AUTH_REFRESH_SECRET', 'x'.repeat(31)],
    ['SERVICE_CLIENTS', 'search=short:feed:read'],
    ['ACCESS_TOKEN_SECONDS', '1801'],
    ['ACCESS_TOKEN_SECONDS', '0'],
    ['REFRESH_GRACE_SECONDS', '301'],
    ['AUTH_RSA_BITS', '1024'],
    ['GAIA_ADMIN_PASSWORD', 'seven77'],
    ['RATE_LIMIT', 'perhaps'],
  ])('refuses %s=%s and does not show it if it is secret', (name, value) => {
    const attempt = () => loadConfig({ ...needed, [name]: value });
    expect(attempt).toThrow(new RegExp(`${name} `));
    if (/KEK|SECRET|CLIENTS|PASSWORD/.test(name)) expect(attempt).not.toThrow(value);
  });
});
