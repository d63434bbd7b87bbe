import { describe, expect, it } from 'vitest';
import { loadConfig } from '../src/config.ts';
import { serviceEnvironments, serviceNames } from '../src/environments.ts';
import { serviceSettings } from '../src/services.ts';

const secrets = {
  authKek: 'K'.repeat(43),
  cmsKek: 'C'.repeat(43),
  authRefreshSecret: 'R'.repeat(43),
  gatewaySessionSecret: 'G'.repeat(43),
  assetsLinkKey: 'L'.repeat(43),
  searchClientSecret: 'S'.repeat(43),
  assetsClientSecret: 'A'.repeat(43),
};
const settingNames = Object.fromEntries(
  serviceNames.map((name) => [name, Object.keys(serviceSettings[name])]),
) as unknown as Parameters<typeof serviceEnvironments>[0]['settingNames'];

function environments(outer: Record<string, string> = {}) {
  return serviceEnvironments({
    config: loadConfig(outer, '/data'),
    secrets,
    databaseUrl: (service) => `postgres://localhost/${service}`,
    administrator: { email: 'admin@localhost', password: 'admin-password' },
    outer,
    settingNames,
  });
}

describe('the environment of a service', () => {
  it.each([
    ['authKek', ['auth']],
    ['cmsKek', ['cms']],
    ['authRefreshSecret', ['auth']],
    ['gatewaySessionSecret', ['gateway']],
    ['assetsLinkKey', ['assets']],
    ['searchClientSecret', ['auth', 'search']],
  ] as const)('holds %s only in %j', (secret, holders) => {
    const found = Object.entries(environments())
      .filter(([, env]) => Object.values(env).some((value) => value.includes(secrets[secret])))
      .map(([name]) => name);
    expect(found.sort()).toEqual([...holders].sort());
  });

  it('holds the administrator only for auth', () => {
    const found = Object.entries(environments()).filter(([, env]) => JSON.stringify(env).includes('admin-password'));
    expect(found.map(([name]) => name)).toEqual(['auth']);
  });

  it('passes the operator’s settings to those who read them', () => {
    const all = environments({ ACCESS_TOKEN_SECONDS: '60', RATE_LIMIT: 'off', UNRELATED: 'x', PORT: '9000' });
    expect(all.auth).toMatchObject({ ACCESS_TOKEN_SECONDS: '60', RATE_LIMIT: 'off', PORT: '9001' });
    expect(all.gateway).toMatchObject({ RATE_LIMIT: 'off', PORT: '9000', AUTH_URL: 'http://127.0.0.1:9001' });
    expect(all.gateway).not.toHaveProperty('ACCESS_TOKEN_SECONDS');
    expect(JSON.stringify(all)).not.toContain('UNRELATED');
  });

  it('keeps every service but the gateway on the loopback', () => {
    const all = environments({ HOST: '0.0.0.0' });
    expect(serviceNames.filter((name) => all[name].HOST !== '127.0.0.1')).toEqual(['gateway']);
  });

  it('tells the operator’s proxies to the gateway alone', () => {
    const all = environments({ TRUSTED_PROXIES: '10.0.0.0/8' });
    expect(serviceNames.filter((name) => 'TRUSTED_PROXIES' in all[name])).toEqual(['gateway']);
  });

  it('names one issuer and one key set for all', () => {
    const all = environments({ PUBLIC_URL: 'https://cms.example.com' });
    expect(all.auth.GAIA_ISSUER).toBe('https://cms.example.com');
    for (const name of ['cms', 'assets', 'search'] as const) {
      expect(all[name]).toMatchObject({
        GAIA_ISSUER: 'https://cms.example.com',
        JWKS_URL: 'http://127.0.0.1:8081/.well-known/jwks.json',
      });
    }
  });
});
