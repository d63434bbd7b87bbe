import { createHmac } from 'node:crypto';
import { encodePart, signRs256 } from '../signing.ts';
import { type Forgery, type ForgeryMaterial, forgeriesOf, INVALID } from './forgery.ts';

const { essential, full } = forgeriesOf('key');

/** The header says which key, or brings one (RFC 8725 §2.7 to §2.9, §3.10). */
export function keyForgeries(material: ForgeryMaterial): readonly Forgery[] {
  return [...kidForgeries(material), ...embeddedKeyForgeries(material), ...genuineWithForbiddenHeader(material)];
}

function kidForgeries({ issuer, attacker }: ForgeryMaterial): readonly Forgery[] {
  const claims = issuer.claimsFor({ role: 'owner' });
  const signedByAttacker = (kid: unknown) => signRs256({ ...issuer.header(), kid }, claims, attacker.key.privateKey);
  const hmacWith = (kid: string, secret: string) => {
    const signedText = `${encodePart({ ...issuer.header(), alg: 'HS256', kid })}.${encodePart(claims)}`;
    return `${signedText}.${createHmac('sha256', secret).update(signedText).digest('base64url')}`;
  };
  const { kid } = issuer.key;
  return [
    essential("the issuer's kid, another's signature", INVALID, signedByAttacker(kid)),
    essential("another's kid and signature", INVALID, signedByAttacker(attacker.key.kid)),
    ...[undefined, null, 0, true, [kid], { kid }, '', '__proto__', 'constructor', 'toString', 'hasOwnProperty'].map(
      (value) => essential(`kid ${nameOf(value, kid)}, another's signature`, INVALID, signedByAttacker(value)),
    ),
    ...['../../../../../../dev/null', '/dev/null', '/proc/sys/kernel/randomize_va_space', 'file:///dev/null'].map(
      (path) => essential(`kid ${path}, HMAC with an empty secret`, INVALID, hmacWith(path, '')),
    ),
    essential(
      'kid with an SQL union, HMAC with its result',
      INVALID,
      hmacWith("x' UNION SELECT 'secret';--", 'secret'),
    ),
    essential('kid with a shell command', INVALID, signedByAttacker('$(id); `id` | id')),
    essential("kid that is the attacker's URL", INVALID, signedByAttacker(attacker.jwksUrl(kid))),
    essential('kid of 4,000 characters', INVALID, signedByAttacker('k'.repeat(4_000))),
    ...[undefined, [kid], { kid }, ` ${kid}`, `${kid}\u0000`, `${kid}\n`, kid.slice(0, -1), `${kid}x`].map((value) =>
      full(
        `kid ${nameOf(value, kid)}, genuinely signed`,
        INVALID,
        issuer.sign({ ...issuer.header(), kid: value }, claims),
      ),
    ),
  ];
}

function embeddedKeyForgeries({ issuer, attacker }: ForgeryMaterial): readonly Forgery[] {
  const claims = issuer.claimsFor({ role: 'owner' });
  const { kid } = issuer.key;
  const jwk = { ...attacker.key.publicJwk, kid };
  const injections = {
    jwk: { jwk },
    'jwk without a kid': { jwk, kid: undefined },
    "jwk and the attacker's kid": { jwk: attacker.key.publicJwk, kid: attacker.key.kid },
    jku: { jku: attacker.jwksUrl(kid) },
    "jku and the attacker's kid": { jku: attacker.jwksUrl(attacker.key.kid), kid: attacker.key.kid },
    "jku that starts with the issuer's address": {
      jku: `${issuer.issuer}@${new URL(attacker.jwksUrl(kid)).host}/jwks.json`,
    },
    x5u: { x5u: attacker.certificateUrl },
    x5c: { x5c: [attacker.certificate.toString('base64')] },
    'x5c without a kid': { x5c: [attacker.certificate.toString('base64')], kid: undefined },
  };
  return Object.entries(injections).map(([what, parameters]) =>
    essential(
      `${what}, signed with it`,
      INVALID,
      signRs256({ ...issuer.header(), ...parameters }, claims, attacker.key.privateKey),
    ),
  );
}

function genuineWithForbiddenHeader({ issuer, attacker }: ForgeryMaterial): readonly Forgery[] {
  const claims = issuer.claimsFor({ role: 'owner' });
  const { publicJwk, kid } = issuer.key;
  const parameters = {
    'crit that is unknown': { crit: ['urn:example:unknown'], 'urn:example:unknown': true },
    'an empty crit': { crit: [] },
    'crit with b64': { crit: ['b64'], b64: true },
    'b64 false': { b64: false },
    "jwk, the issuer's own": { jwk: publicJwk },
    jku: { jku: attacker.jwksUrl(kid) },
    x5u: { x5u: attacker.certificateUrl },
    x5c: { x5c: [attacker.certificate.toString('base64')] },
  };
  return Object.entries(parameters).map(([what, extra]) =>
    full(`${what}, genuinely signed`, INVALID, issuer.sign({ ...issuer.header(), ...extra }, claims)),
  );
}

/** The kid itself would make the name another one in every run. */
function nameOf(value: unknown, kid: string): string {
  return (JSON.stringify(value) ?? 'absent').replace(kid, '<kid>').replace(kid.slice(0, -1), '<kid, cut>');
}
