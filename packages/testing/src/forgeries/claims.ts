import { tokenPurposes } from '@gaia/tokens/purposes';
import { EXPIRED, type Forgery, type ForgeryMaterial, forgeriesOf, INVALID, MALFORMED } from './forgery.ts';

const { essential, full } = forgeriesOf('claims');

/** Genuinely signed, but not an access token for here and now (RFC 8725 §3.8, §3.9, §3.11; RFC 9068 §4). */
export function claimForgeries(material: ForgeryMaterial): readonly Forgery[] {
  return [
    ...typeForgeries(material),
    ...audienceForgeries(material),
    ...issuerForgeries(material),
    ...timeForgeries(material),
    ...identifierForgeries(material),
    ...rightsForgeries(material),
  ];
}

type Claims = Readonly<Record<string, unknown>>;

function signer({ issuer }: ForgeryMaterial) {
  return (claims: Claims) => issuer.tokenFor({ role: 'owner', claims });
}

/** RFC 8725 §3.11: a token that was made for one thing is refused for every other. */
function typeForgeries({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const ofType = (typ: unknown) => issuer.tokenFor({ role: 'owner', header: { typ } });
  const others = Object.entries(tokenPurposes).filter(([purpose]) => purpose !== 'access');
  return [
    ...others.map(([purpose, { typ }]) => full(`typ of the purpose ${purpose}`, INVALID, ofType(typ))),
    ...['JWT', 'jwt', '', 'at+jwt ', 'at', 'text/at+jwt', undefined, null, 1, ['at+jwt']].map((typ) =>
      full(`typ ${shown(typ)}`, INVALID, ofType(typ)),
    ),
  ];
}

function audienceForgeries(material: ForgeryMaterial): readonly Forgery[] {
  const signed = signer(material);
  const others = [
    'another-party',
    ['another-party', 'others'],
    'GAIA',
    'gai',
    'gaia2',
    'gaia ',
    ' gaia',
    'gaia,others',
  ];
  const broken = ['', [], null, 1, true, {}, { gaia: true }, [['gaia']], [1], [null]];
  return [
    ...[...others, undefined].map((aud) => essential(`aud ${shown(aud)}`, INVALID, signed({ aud }))),
    ...broken.map((aud) => essential(`aud ${shown(aud)}`, MALFORMED, signed({ aud }))),
  ];
}

function issuerForgeries(material: ForgeryMaterial): readonly Forgery[] {
  const signed = signer(material);
  const { issuer } = material.issuer;
  const others: Readonly<Record<string, string | undefined>> = {
    'of another issuer': 'https://attacker.example',
    'with a slash behind it': `${issuer}/`,
    'as the beginning of another host': `${issuer}.attacker.example`,
    'in capitals': issuer.toUpperCase(),
    'with a space before it': ` ${issuer}`,
    'without its last letter': issuer.slice(0, -1),
    'that is empty': '',
    'that is absent': undefined,
  };
  const broken: Readonly<Record<string, unknown>> = {
    'that is null': null,
    'as a number': 1,
    'as an object': {},
    'as a list': [issuer],
  };
  return [
    ...Object.entries(others).map(([what, iss]) => essential(`iss ${what}`, INVALID, signed({ iss }))),
    ...Object.entries(broken).map(([what, iss]) => essential(`iss ${what}`, MALFORMED, signed({ iss }))),
  ];
}

function timeForgeries(material: ForgeryMaterial): readonly Forgery[] {
  const signed = signer(material);
  const now = Math.floor(material.issuer.now() / 1_000);
  const since = (age: number, life: number) => ({ iat: now - age, nbf: now - age, exp: now - age + life });
  const wrongKinds = (time: number): Readonly<Record<string, unknown>> => ({
    'as text': `${time}`,
    'in a list': [time],
    'that is null': null,
    'that is negative': -1,
    'beyond every calendar': 1e300,
  });
  const broken = (claim: 'exp' | 'iat' | 'nbf', time: number) =>
    Object.entries(wrongKinds(time)).map(([what, value]) =>
      full(`${claim} ${what}`, MALFORMED, signed({ [claim]: value })),
    );
  return [
    essential('exp an hour ago', EXPIRED, signed(since(7_200, 3_600))),
    essential('exp a minute ago', EXPIRED, signed(since(960, 900))),
    essential('exp at the beginning of time', EXPIRED, signed({ exp: 0, iat: 0, nbf: 0 })),
    essential('exp absent', INVALID, signed({ exp: undefined })),
    full('exp as a word', MALFORMED, signed({ exp: 'never' })),
    full('exp that is true', MALFORMED, signed({ exp: true })),
    full('exp in milliseconds', MALFORMED, signed({ exp: (now + 900) * 1_000 })),
    full('exp in ten years', INVALID, signed({ exp: now + 10 * 365 * 86_400 })),
    full('iat in an hour', INVALID, signed({ iat: now + 3_600, exp: now + 4_500 })),
    full('iat absent', INVALID, signed({ iat: undefined })),
    essential('nbf in an hour', INVALID, signed({ nbf: now + 3_600, exp: now + 4_500 })),
    ...broken('exp', now + 900),
    ...broken('iat', now),
    ...broken('nbf', now),
    full('auth_time as text', MALFORMED, signed({ auth_time: `${now}` })),
    full('auth_time that is null', MALFORMED, signed({ auth_time: null })),
  ];
}

function identifierForgeries(material: ForgeryMaterial): readonly Forgery[] {
  const signed = signer(material);
  const broken = ['', null, 0, 1, true, ['x'], { sub: 'x' }, 'x'.repeat(256), 'a\u0000b', 'a\nb', '\ud800'];
  const wrong = (claim: string) =>
    broken.map((value) => full(`${claim} ${shown(value)}`, MALFORMED, signed({ [claim]: value })));
  return [
    ...['sub', 'jti', 'client_id'].flatMap((claim) => [
      full(`${claim} absent`, INVALID, signed({ [claim]: undefined })),
      ...wrong(claim),
    ]),
    ...['sid', 'site'].flatMap(wrong),
  ];
}

function rightsForgeries(material: ForgeryMaterial): readonly Forgery[] {
  const signed = signer(material);
  const tooMany = Array.from({ length: 65 }, () => 'owner');
  const broken: Readonly<Record<string, readonly unknown[]>> = {
    roles: ['owner', null, 1, { owner: true }, [1], [null], [['owner']], [''], tooMany],
    scope: [['content:read'], null, 1, {}, ' content:read', 'content:read ', 'a  b', 'a\tb', 'a"b', 'a\\b', 'ä'],
    amr: ['pwd', [1]],
    act: ['service', {}, { sub: 1 }, [], null],
  };
  return Object.entries(broken).flatMap(([claim, values]) =>
    values.map((value) => full(`${claim} ${shown(value)}`, MALFORMED, signed({ [claim]: value }))),
  );
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 40 ? `of ${text.length} characters` : text;
}
