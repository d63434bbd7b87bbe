/** Syntax of a site's id and of a host: lower-case labels (RFC 1123 §2.1). */
export const SITE_ID_PATTERN =
  '^(?=.{1,253}$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$';

const siteId = new RegExp(SITE_ID_PATTERN);

export function isSiteId(text: string): boolean {
  return siteId.test(text);
}

/** A host as browsers send it (perhaps with a port, in any case) as the host that sites are found by; undefined if none. */
export function readHost(text: string): string | undefined {
  if (text.length > 260) return undefined;
  const host = text
    .toLowerCase()
    .replace(/:\d{1,5}$/, '')
    .replace(/\.$/, '');
  return isSiteId(host) ? host : undefined;
}
