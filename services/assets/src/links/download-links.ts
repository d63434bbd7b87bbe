import { hash } from 'node:crypto';
import { TokenRefusal } from '@gaia/jwt/refusal';
import type { SymmetricTokens } from '@gaia/jwt/symmetric';
import { verifyToken } from '@gaia/jwt/verify';
import type { Caller } from '@gaia/policy/visibility';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { Identity } from '@gaia/tokens/identity';
import { tokenPurposes } from '@gaia/tokens/purposes';
import type { Maker } from '../database.ts';
import { type LinkRefusal, linkProblem, problem } from '../errors.ts';
import type { DownloadGrants } from './download-grants.ts';

/** What a verified link is good for. */
interface OpenedLink {
  readonly fileId: string;
  readonly site: string;
  readonly maker: NonNullable<Caller>;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface DownloadLinks {
  /**
   * A token that lets its bearer GET (or HEAD) one file of a site, in every size and format, for `expiresIn` seconds. Who asks
   * again soon is given the same one, so that what a browser has kept under its address is found again.
   */
  issue(file: { id: string; site: string }, issuer: Identity): Promise<IssuedLink>;
  /**
   * Verifies a token for a file and a method. Throws token_malformed, token_invalid, token_expired, token_revoked; forbidden
   * for a genuine token of another file or method.
   */
  verify(token: string, fileId: string, method: string): Promise<OpenedLink>;
}

interface IssuedLink {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
  /** Seconds. */
  readonly expiresIn: number;
}

export interface DownloadLinksOptions {
  readonly tokens: SymmetricTokens<'fileDownload'>;
  readonly grants: Pick<DownloadGrants, 'add' | 'find' | 'ofViewer'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new unguessable id. */
  readonly randomId: () => string;
  /** The revocations that access tokens end by. */
  readonly revocations?: Pick<Revocations, 'reasonToRefuse'> | undefined;
}

const { lifetimeSeconds } = tokenPurposes.fileDownload;
/** Maker and verifier are the same. */
const PARTY = 'assets';
/** A link that is given again lives for so long at least. */
const STABLE_SECONDS = lifetimeSeconds / 2;
const MAX_TOKEN_LENGTH = 1_024;
/** Permissions that reading a file can depend on; the others are not kept. */
const READING: readonly string[] = ['content:read', 'content:edit', 'types:manage', 'assets:read'];

/**
 * Download links carry a token (`download+jwt`) that names a grant and its end, and nothing else: a link is passed on, and
 * the recipient must learn nothing about its creator. The grant, which is kept here, names the access token that the link was
 * made with, so that a logout, or whatever else revokes that token, ends the link too.
 */
export function createDownloadLinks(options: DownloadLinksOptions): DownloadLinks {
  const { tokens, grants, now, randomId, revocations } = options;

  async function idOf(token: string): Promise<string> {
    if (token.length > MAX_TOKEN_LENGTH) throw linkProblem('token_malformed');
    try {
      const rules = {
        signature: tokens.signature,
        issuer: PARTY,
        audiences: [PARTY],
        maxLifetimeSeconds: lifetimeSeconds,
      };
      return (await verifyToken('fileDownload', token, { ...rules, isMaker: true, now: now() })).jti;
    } catch (error) {
      if (error instanceof TokenRefusal) throw linkProblem(error.code as LinkRefusal);
      throw error;
    }
  }

  /** The same for the same grant, because the signature is (RFC 2104). */
  function issued(jti: string, exp: number, seconds: number): IssuedLink {
    const token = tokens.sign({ iss: PARTY, aud: PARTY, iat: exp - lifetimeSeconds, exp, jti });
    return { token, expiresAt: exp * 1_000, expiresIn: exp - seconds };
  }

  return {
    async issue(file, issuer) {
      const maker = makerOf(issuer);
      const viewer = viewerOf(maker);
      const seconds = Math.floor(now() / 1_000);
      const known = await grants.ofViewer(file.id, viewer, (seconds + STABLE_SECONDS) * 1_000);
      if (known?.site === file.site && revocations?.reasonToRefuse(known.maker) === undefined) {
        return issued(known.id, known.expiresAt / 1_000, seconds);
      }
      const jti = randomId();
      const exp = seconds + lifetimeSeconds;
      await grants.add(jti, { file: file.id, site: file.site, maker, expiresAt: exp * 1_000 }, viewer);
      return issued(jti, exp, seconds);
    },

    async verify(token, fileId, method) {
      const grant = await grants.find(await idOf(token));
      if (grant === undefined) throw linkProblem('token_invalid');
      // RFC 9110 §9.3.2: HEAD is GET without the content.
      if (grant.file !== fileId || (method !== 'GET' && method !== 'HEAD')) {
        throw problem('forbidden', { detail: 'The download link is for another file or method.' });
      }
      if (revocations?.reasonToRefuse(grant.maker) !== undefined) throw linkProblem('token_revoked');
      return { fileId, site: grant.site, maker: grant.maker, expiresAt: grant.expiresAt };
    },
  };
}

/** Another session, and other rights, make another viewer. */
function viewerOf({ subject, site, roles, scopes, sessionId, actorSessionIds }: Maker): string {
  const parts = [subject, site, [...roles].sort(), [...scopes].sort(), sessionId, actorSessionIds];
  return hash('sha256', JSON.stringify(parts), 'base64url');
}

function makerOf(issuer: Identity): Maker {
  const { subject, site, roles, tokenId, keyId, issuedAt, sessionId, actorSessionIds } = issuer;
  const scopes = issuer.scopes.filter((scope) => READING.includes(scope));
  return { subject, site, roles, scopes, tokenId, keyId, issuedAt, sessionId, actorSessionIds };
}
