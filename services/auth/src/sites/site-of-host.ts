import { isSiteId } from './site-id.ts';

/** The gateway finds the site by host. Whoever forges the header gains nothing: membership is checked all the same. */
export function siteOfHost(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && isSiteId(header) ? header : undefined;
}
