import { type Forgery, type ForgeryMaterial, forgeriesOf, MALFORMED, MISSING } from './forgery.ts';

const { essential, full } = forgeriesOf('request');

/** A good token in a request that must not be believed (RFC 6750 §2, RFC 9110 §11.6.2). */
export function requestForgeries({ issuer }: ForgeryMaterial): readonly Forgery[] {
  const good = issuer.tokenFor({ role: 'owner' });
  const bad = `${good.slice(0, -8)}AAAAAAAA`;
  const header = (value: string) => ({ headers: [['authorization', value] as const] });
  const basic = Buffer.from(`user:${good}`).toString('base64');
  return [
    essential('no token', MISSING, { headers: [] }),
    essential('an empty Authorization header', MALFORMED, header('')),
    essential('Bearer alone', MALFORMED, header('Bearer')),
    essential('Bearer and blanks', MALFORMED, header('Bearer   ')),
    essential('the token without a scheme', MISSING, header(good)),
    essential('a comma between scheme and token', MALFORMED, header(`Bearer,${good}`)),
    full('a tab between scheme and token', MALFORMED, header(`Bearer\t${good}`)),
    essential('two tokens in one header', MALFORMED, header(`Bearer ${good} ${good}`)),
    essential('two credentials joined by a comma', MALFORMED, header(`Bearer ${good}, Bearer ${good}`)),
    full('a parameter behind the token', MALFORMED, header(`Bearer ${good}, realm="gaia"`)),
    essential('Basic with the token as password', MISSING, header(`Basic ${basic}`)),
    ...['Token', 'JWT', 'Bearer2', 'DPoP', 'X-Bearer'].map((scheme) =>
      essential(`scheme ${scheme}`, MISSING, header(`${scheme} ${good}`)),
    ),
    full('two Authorization headers, both good', MALFORMED, twice(good, good)),
    essential('two Authorization headers, the first bad', MALFORMED, twice(bad, good)),
    full('two Authorization headers, the second bad', MALFORMED, twice(good, bad)),
    essential('in the query', MISSING, { headers: [], query: { access_token: good } }),
    essential('in a cookie', MISSING, {
      headers: [['cookie', `access_token=${good}; token=${good}; authorization=Bearer ${good}`]],
    }),
    ...[
      'x-access-token',
      'x-auth-token',
      'x-authorization',
      'x-forwarded-authorization',
      'proxy-authorization',
      'authentication',
    ].map((name) => essential(`in ${name}`, MISSING, { headers: [[name, `Bearer ${good}`]] })),
    ...['x-user-id', 'x-gaia-subject', 'x-remote-user', 'remote-user', 'x-forwarded-user'].map((name) =>
      essential(`no token but ${name}`, MISSING, { headers: [[name, 'administrator']] }),
    ),
  ];
}

function twice(first: string, second: string): { headers: (readonly [string, string])[] } {
  return {
    headers: [
      ['authorization', `Bearer ${first}`],
      ['authorization', `Bearer ${second}`],
    ],
  };
}
