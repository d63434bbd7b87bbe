import { expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';

it('works without any setting', () => {
  expect(loadConfig({})).toMatchObject({
    PORT: 8080,
    AUTH_URL: ['http://127.0.0.1:8081'],
    TRUSTED_PROXIES: [],
    RATE_LIMIT: true,
  });
});

it('wants the secret where replicas share sessions', () => {
  expect(() => loadConfig({ REDIS_URL: 'redis://localhost' })).toThrow(/GATEWAY_SESSION_SECRET/);
  expect(() => loadConfig({ GATEWAY_SESSION_SECRET: 'short' })).toThrow(/at least 32/);
});

it.each([
  ['PORT', 'x'],
  ['CMS_URL', 'ftp://x'],
  ['RATE_LIMIT', 'maybe'],
  ['METRICS_PORT', '70000'],
])('refuses %s=%s', (name, value) => {
  expect(() => loadConfig({ [name]: value })).toThrow(name);
});
