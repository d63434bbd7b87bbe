import { integer, list, type Setting, type SettingsOf, text, url } from '@gaia/settings';

/** Settings of every service that verifies access tokens. */
export const guardSettings = {
  GAIA_ISSUER: url({
    doc: 'Issuer of access tokens (`iss`), compared exactly; the public URL of the suite',
    fallback: 'http://localhost:8080',
    protocols: ['http', 'https'],
  }),
  JWKS_URL: url({
    doc: "Where the issuer's public keys are fetched",
    fallback: 'http://127.0.0.1:8081/.well-known/jwks.json',
    protocols: ['http', 'https'],
  }),
  TRUSTED_ISSUERS: trustedIssuers(),
  JWKS_MAX_STALE_SECONDS: integer({
    doc: 'For how long known keys are used when their issuer cannot be reached',
    fallback: 86_400,
    min: 60,
    max: 30 * 86_400,
  }),
  JWKS_CACHE_FILE: text({
    doc: 'File that keeps the public keys, so that a service restarted while auth is down still verifies',
  }),
} satisfies Record<string, Setting<unknown>>;

export type GuardConfig = SettingsOf<typeof guardSettings>;

export interface TrustedIssuerSetting {
  readonly issuer: string;
  readonly jwksUrl: string;
}

function trustedIssuers(): Setting<readonly TrustedIssuerSetting[]> {
  const words = list({ doc: '', fallback: [] });
  return Object.freeze({
    ...words,
    kind: 'comma-separated list of issuer=URL',
    doc:
      'Further issuers whose access tokens (RFC 9068, RS256) are believed, subjects, roles and scopes included, ' +
      'each `<issuer>=<URL of its JWKS>`',
    fallback: [],
    parse: (raw: string) => Object.freeze(words.parse(raw).map(trustedIssuerOf)),
  });
}

/** An issuer has no `=` (RFC 8414 §2: no query), the URL of its keys may have one. */
function trustedIssuerOf(member: string): TrustedIssuerSetting {
  const [, issuer = '', jwksUrl = ''] = /^([^=]+)=(https?:\/\/.+)$/.exec(member) ?? [];
  if (!URL.canParse(jwksUrl)) throw new Error('must be a list of <issuer>=<URL of its JWKS>');
  return Object.freeze({ issuer: issuer.trim(), jwksUrl });
}
