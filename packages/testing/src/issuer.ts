import { type KeyObject, randomUUID } from 'node:crypto';
import type { AccessClaims } from '@gaia/tokens/access-claims';
import { SUITE_AUDIENCE, tokenPurposes } from '@gaia/tokens/purposes';
import { type CallerRole, claimsOfRole } from './caller.ts';
import { type JwksServer, listenForJwks } from './jwks-server.ts';
import { newSigningKey, type PublicJwk, type SigningKey, signingKeyOf, signRs256 } from './signing.ts';

export interface TestIssuerOptions {
  /** `iss` of its tokens. `http://localhost:8080`. */
  readonly issuer?: string;
  /** `aud` of its tokens. `gaia`. */
  readonly audience?: string | readonly string[];
  /** Milliseconds since the epoch at which its clock starts; the machine's clock runs on from there. */
  readonly startAt?: number;
  /** A clock of one's own instead. */
  readonly now?: () => number;
  /** A key that the service under test already trusts, instead of a new one. */
  readonly signingKey?: { readonly privateKey: KeyObject; readonly kid?: string };
}

export interface TokenRequest {
  /** What the role brings (roles, scope); `member` if nothing is said. */
  readonly role?: CallerRole;
  readonly roles?: readonly string[];
  /** `sub`; another one for every token if absent. */
  readonly subject?: string;
  /** `null` for a token without a site. `site-a.localhost` if absent. */
  readonly site?: string | null;
  /** Scopes instead of those of the role. */
  readonly scope?: string | readonly string[];
  readonly clientId?: string;
  /** `null` for a token without a session. */
  readonly sessionId?: string | null;
  readonly audience?: string | readonly string[];
  /** Seconds from now until `exp`; may be negative. 900. */
  readonly expiresIn?: number;
  /** Claims over all others; `undefined` takes a claim away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Header parameters over all others; `undefined` takes one away. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/** An issuer for tests, with its own keys and clock. */
export interface TestIssuer {
  readonly issuer: string;
  readonly audience: string | readonly string[];
  /** The clock, in milliseconds since the epoch; give it to what verifies. */
  readonly now: () => number;
  /** Moves the clock, also backwards. */
  travel(seconds: number): void;
  tokenFor(request?: TokenRequest): string;
  /** `{ authorization: 'Bearer …' }`. */
  headersFor(request?: TokenRequest): { authorization: string };
  claimsFor(request?: TokenRequest): AccessClaims;
  /** Signs any header and payload with the current key. */
  sign(header: unknown, payload: unknown): string;
  /** Header that its tokens have. */
  header(): { readonly alg: 'RS256'; readonly typ: string; readonly kid: string };
  /** The published document. */
  jwks(): { readonly keys: readonly PublicJwk[] };
  /** Where the document is, for what verifies with `fetch`. */
  readonly jwksUrl: string;
  /** A fetch that answers jwksUrl and nothing else. Counts its calls. */
  readonly fetch: typeof globalThis.fetch;
  /** A fetch that answers jwksUrl itself and leaves everything else to another. */
  fetchOr(others: typeof globalThis.fetch): typeof globalThis.fetch;
  fetches(): number;
  /** Lets fetch and listen answer 503 until told otherwise. */
  setOutage(outage: boolean): void;
  /** Serves the document on a free port of the loopback, for services that cannot take a fetch. */
  listen(): Promise<JwksServer>;
  readonly key: SigningKey;
  /** Publishes a new key and signs with it; older ones stay published. */
  rotate(): SigningKey;
  /** Takes a key out of the published document; the current one if none is named. */
  remove(kid?: string): void;
}

/** A new issuer with one RSA-2048 key. Takes about 100 ms unless a key is given. */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const issuer = options.issuer ?? 'http://localhost:8080';
  const audience = options.audience ?? SUITE_AUDIENCE;
  const jwksUrl = `${issuer}/.well-known/jwks.json`;
  const clock = options.now ?? Date.now;
  const startedAt = clock();
  const own = options.signingKey;
  let shiftMs = options.startAt === undefined ? 0 : options.startAt - startedAt;
  let current = own ? signingKeyOf(own.privateKey, own.kid) : newSigningKey();
  let published: readonly SigningKey[] = [current];
  let outage = false;
  let fetches = 0;

  const now = () => clock() + shiftMs;
  const jwks = () => ({ keys: published.map((key) => key.publicJwk) });
  const header = () => ({ alg: 'RS256' as const, typ: tokenPurposes.access.typ, kid: current.kid });
  const sign = (head: unknown, payload: unknown) => signRs256(head, payload, current.privateKey);

  function claimsFor(request: TokenRequest = {}): AccessClaims {
    const role = request.role ?? 'member';
    const ofRole = claimsOfRole(role);
    const isService = role === 'service';
    const seconds = Math.floor(now() / 1_000);
    const site = request.site === undefined && !isService ? 'site-a.localhost' : request.site;
    const sessionId = request.sessionId === undefined && !isService ? randomUUID() : request.sessionId;
    const scope = request.scope ?? ofRole.scope;
    const clientId = request.clientId ?? (isService ? 'search' : 'gaia');
    return defined({
      iss: issuer,
      sub: request.subject ?? (isService ? clientId : randomUUID()),
      aud: request.audience ?? audience,
      exp: seconds + (request.expiresIn ?? tokenPurposes.access.lifetimeSeconds),
      iat: seconds,
      nbf: seconds,
      jti: randomUUID(),
      client_id: clientId,
      sid: sessionId ?? undefined,
      site: site ?? undefined,
      roles: request.roles ?? ofRole.roles,
      scope: typeof scope === 'string' ? scope : scope.join(' '),
      auth_time: isService ? undefined : seconds,
      amr: isService ? undefined : ['pwd'],
      ...request.claims,
    }) as unknown as AccessClaims;
  }

  const tokenFor = (request: TokenRequest = {}) =>
    sign(defined({ ...header(), ...request.header }), claimsFor(request));

  function respond(ifNoneMatch: string | null): Response {
    if (outage) return new Response(null, { status: 503 });
    const etag = `"${published.map((key) => key.kid).join('.')}"`;
    const headers = { 'content-type': 'application/jwk-set+json', 'cache-control': 'public, max-age=300', etag };
    if (ifNoneMatch === etag) return new Response(null, { status: 304, headers });
    return new Response(JSON.stringify(jwks()), { headers });
  }

  function fetchOr(others: typeof globalThis.fetch): typeof globalThis.fetch {
    return async (input, init) => {
      const url = input instanceof Request ? input.url : String(input);
      if (url !== jwksUrl) return others(input, init);
      fetches += 1;
      return respond(new Request(input, init).headers.get('if-none-match'));
    };
  }

  return {
    issuer,
    audience,
    now,
    travel: (seconds) => {
      shiftMs += seconds * 1_000;
    },
    tokenFor,
    headersFor: (request) => ({ authorization: `Bearer ${tokenFor(request)}` }),
    claimsFor,
    sign,
    header,
    jwks,
    jwksUrl,
    fetch: fetchOr(async () => {
      throw new TypeError(`the test issuer serves ${jwksUrl} only`);
    }),
    fetchOr,
    fetches: () => fetches,
    setOutage: (value) => {
      outage = value;
    },
    listen: () => listenForJwks((ifNoneMatch) => respond(ifNoneMatch)),
    get key() {
      return current;
    },
    rotate: () => {
      current = newSigningKey();
      published = [...published, current];
      return current;
    },
    remove: (kid = current.kid) => {
      published = published.filter((key) => key.kid !== kid);
    },
  };
}

function defined(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
