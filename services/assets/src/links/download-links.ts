import type { Caller } from '@gaia/policy/visibility';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { Identity } from '@gaia/tokens/identity';
import { tokenPurposes } from '@gaia/tokens/purposes';
import { errors, jwtVerify, SignJWT } from 'jose';
import { linkProblem, problem } from '../errors.ts';
import type { LinkKeys } from './link-keys.ts';

/** What a verified link is good for. */
interface DownloadGrant {
  readonly fileId: string;
  readonly site: string;
  /** Who made it, with the permissions of then: what he may not read now, the link does not open. */
  readonly maker: NonNullable<Caller>;
}

export interface DownloadLinks {
  /** A token that lets its bearer GET (or HEAD) one file of a site for `expiresIn` seconds. */
  issue(file: { id: string; site: string }, issuer: Identity): Promise<IssuedLink>;
  /**
   * Verifies a token for a file and a method. Throws token_malformed, token_invalid, token_expired, token_revoked; forbidden
   * for a genuine token of another file or method.
   */
  verify(token: string, fileId: string, method: string): Promise<DownloadGrant>;
}

interface IssuedLink {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface DownloadLinksOptions {
  readonly keys: LinkKeys;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new UUID. */
  readonly randomId: () => string;
  /** The cut-offs that access tokens die by. */
  readonly revocations?: Pick<Revocations, 'reasonToRefuse'> | undefined;
}

const PURPOSE = tokenPurposes.fileDownload;
/** Maker and verifier are the same. */
const PARTY = 'assets';
const MAX_TOKEN_LENGTH = 4_096;
/** Permissions that reading a file can depend on; the others have no place in an address. */
const READING: readonly string[] = ['content:read', 'content:edit', 'types:manage', 'assets:read'];
const REQUIRED = ['iat', 'exp', 'sub', 'jti', 'file', 'site', 'htm', 'origin'];

/**
 * Download links are HS256 tokens (`download+jwt`) bound to file, site, method and time. They name the access token that they were
 * made with, so that a logout, or whatever else revokes that token, ends them too.
 */
export function createDownloadLinks(options: DownloadLinksOptions): DownloadLinks {
  const { keys, now, randomId, revocations } = options;
  return {
    async issue(file, issuer) {
      const issuedAt = Math.floor(now() / 1_000);
      const expiresAt = issuedAt + PURPOSE.lifetimeSeconds;
      const token = await new SignJWT({ file: file.id, site: file.site, htm: 'GET', origin: originOf(issuer) })
        .setProtectedHeader({ alg: PURPOSE.algorithms[0], typ: PURPOSE.typ, kid: keys.signing.kid })
        .setIssuer(PARTY)
        .setAudience(PARTY)
        .setSubject(issuer.subject)
        .setJti(randomId())
        .setIssuedAt(issuedAt)
        .setExpirationTime(expiresAt)
        .sign(keys.signing.secret);
      return { token, expiresAt: expiresAt * 1_000, expiresIn: PURPOSE.lifetimeSeconds };
    },

    async verify(token, fileId, method) {
      const { file, site, htm, origin } = await verifiedClaims(token, keys, now());
      if (typeof site !== 'string' || !isOrigin(origin)) throw linkProblem('token_invalid');
      // RFC 9110 §9.3.2: HEAD is GET without the content.
      const allowed = htm === 'GET' && (method === 'GET' || method === 'HEAD');
      if (file !== fileId || !allowed) {
        throw problem('forbidden', { detail: 'The download link is for another file or method.' });
      }
      if (revocations?.reasonToRefuse(identityOf(origin)) !== undefined) throw linkProblem('token_revoked');
      return { fileId, site, maker: makerOf(origin) };
    },
  };
}

async function verifiedClaims(token: string, keys: LinkKeys, time: number): Promise<Record<string, unknown>> {
  if (token.length > MAX_TOKEN_LENGTH) throw linkProblem('token_malformed');
  try {
    const { payload } = await jwtVerify(
      token,
      ({ kid }) => {
        const secret = kid === undefined ? undefined : keys.secrets.get(kid);
        if (secret === undefined) throw new errors.JWKSNoMatchingKey();
        return secret;
      },
      {
        algorithms: [...PURPOSE.algorithms],
        typ: PURPOSE.typ,
        issuer: PARTY,
        audience: PARTY,
        requiredClaims: REQUIRED,
        currentDate: new Date(time),
      },
    );
    return payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) throw linkProblem('token_expired');
    if (error instanceof errors.JWSInvalid || error instanceof errors.JWTInvalid) throw linkProblem('token_malformed');
    throw linkProblem('token_invalid');
  }
}

/** What revocations and the policy ask about an access token. */
interface Origin {
  readonly iss: string;
  readonly sub: string;
  readonly jti: string;
  readonly kid: string;
  readonly iat: number;
  readonly sid?: string;
  readonly site?: string;
  readonly roles: readonly string[];
  readonly scope: string;
}

function originOf(issuer: Identity): Origin {
  return {
    iss: issuer.issuer,
    sub: issuer.subject,
    jti: issuer.tokenId,
    kid: issuer.keyId,
    iat: issuer.issuedAt,
    ...(issuer.sessionId !== undefined && { sid: issuer.sessionId }),
    ...(issuer.site !== undefined && { site: issuer.site }),
    roles: issuer.roles,
    scope: issuer.scopes.filter((scope) => READING.includes(scope)).join(' '),
  };
}

function isOrigin(value: unknown): value is Origin {
  const origin = value as Partial<Origin> | null;
  const known = typeof origin?.sub === 'string' && typeof origin.kid === 'string' && typeof origin.iat === 'number';
  return known && Array.isArray(origin.roles) && typeof origin.scope === 'string';
}

function makerOf({ sub, site, roles, scope }: Origin): NonNullable<Caller> {
  return { subject: sub, site, roles, scopes: scope.split(' ') };
}

function identityOf(origin: Origin): Identity {
  return {
    issuer: origin.iss,
    subject: origin.sub,
    audience: [],
    clientId: '',
    sessionId: origin.sid,
    tokenId: origin.jti,
    keyId: origin.kid,
    site: undefined,
    roles: [],
    scopes: [],
    issuedAt: origin.iat,
    expiresAt: 0,
    authTime: undefined,
    amr: [],
    actor: undefined,
    actorSessionIds: [],
  };
}
