/** The origin that has scheme and port of another one: a site's further hosts are reached as its first. */
export function originAtHost(host: string, like: string): string {
  const url = new URL(like);
  if (url.hostname !== host) url.hostname = host;
  return url.origin;
}
