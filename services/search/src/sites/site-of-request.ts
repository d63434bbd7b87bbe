import type { Identity } from '@gaia/tokens/identity';
import { isSiteId } from '@gaia/tokens/site-id';
import { problem } from '../errors.ts';

/**
 * The site to be searched: the one that is asked for, else the host's (`x-gaia-site`, set by the gateway), else the token's.
 * Throws site_required; forbidden for a token of another site or of none: a token is good for its own site only, and
 * an anonymous response would hide the mistake of the caller.
 */
export function siteOfRequest(
  asked: string | undefined,
  hostSite: string | string[] | undefined,
  identity: Identity | undefined,
): string {
  const site = asked ?? (isSiteId(hostSite) ? hostSite : undefined) ?? identity?.site;
  if (site === undefined) throw problem('site_required');
  if (identity !== undefined && identity.site !== site) {
    throw problem('forbidden', { detail: 'The access token is for another site.' });
  }
  return site;
}
