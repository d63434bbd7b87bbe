import { loadSettings, SettingsError } from '@gaia/settings';
import { describe, expect, it } from 'vitest';
import { guardSettings } from '../src/guard-settings.ts';

describe('the settings', () => {
  it('have defaults that fit the suite on one machine', () => {
    expect(loadSettings(guardSettings, {})).toEqual({
      GAIA_ISSUER: 'http://localhost:8080',
      JWKS_URL: 'http://127.0.0.1:8081/.well-known/jwks.json',
      TRUSTED_ISSUERS: [],
      JWKS_MAX_STALE_SECONDS: 86_400,
      JWKS_CACHE_FILE: undefined,
    });
  });

  it('take further issuers apart', () => {
    const raw = 'https://id.example=https://id.example/keys?v=2, https://b.example/ =http://127.0.0.1:9/jwks';
    expect(loadSettings(guardSettings, { TRUSTED_ISSUERS: raw }).TRUSTED_ISSUERS).toEqual([
      { issuer: 'https://id.example', jwksUrl: 'https://id.example/keys?v=2' },
      { issuer: 'https://b.example/', jwksUrl: 'http://127.0.0.1:9/jwks' },
    ]);
  });

  it.each([
    'https://id.example',
    '=https://id.example/keys',
    '=a=https://id.example/keys',
    'https://id.example=',
    'a=file:///etc/passwd',
    'a=keys',
    'a=https://',
  ])('refuse the issuer %s', (raw) => {
    expect(() => loadSettings(guardSettings, { TRUSTED_ISSUERS: raw })).toThrow(SettingsError);
  });
});
