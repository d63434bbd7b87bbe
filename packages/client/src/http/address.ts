/** Where requests go, and as which host. */
export interface Address {
  readonly base: string;
  /** What the request is for, where that is another host than the one it is sent to. */
  readonly host: string | undefined;
}

/**
 * The gateway finds the site by the host of a request. A server reaches it at `internalUrl` and says the public host in
 * its header; so it does for names below `localhost`, which Node leaves to a resolver that seldom knows them. Browsers do
 * both by themselves (RFC 6761 §6.3) and let no script set the header.
 */
export function addressOf(url: string, internalUrl?: string): Address {
  const given = new URL(url);
  const target = new URL(internalUrl ?? url);
  const isNode =
    typeof (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node === 'string';
  if (internalUrl === undefined && isNode && given.hostname.endsWith('.localhost')) target.hostname = 'localhost';
  const base = (target.origin + target.pathname).replace(/\/+$/, '');
  return { base, host: target.host === given.host ? undefined : given.host };
}
