/** The RFC 6454 origin of a host of a site that has named none: scheme and port as the public URL's. */
export function originOfHost(host: string, publicUrl: string): string {
  const url = new URL(publicUrl);
  url.hostname = host;
  return url.origin;
}
