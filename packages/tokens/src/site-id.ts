/**
 * What the id of a site can be wherever one is read: in tokens, paths, tables and headers. Auth, which makes them, takes
 * only host names.
 */
export const SITE_ID_PATTERN = '^[a-z0-9.-]{1,253}$';

const syntax = new RegExp(SITE_ID_PATTERN);

export function isSiteId(value: unknown): value is string {
  return typeof value === 'string' && syntax.test(value);
}
