import { isSiteId } from './site-id.ts';

/** The gateway finds the site by host. A forged header gains nothing: membership is checked. */
export function siteOfHost(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && isSiteId(header) ? header : undefined;
}
