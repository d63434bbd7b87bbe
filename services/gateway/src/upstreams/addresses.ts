import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';

/** All addresses of a host name, in a stable order; rejects where it has none. */
export type LookUp = (host: string) => Promise<readonly string[]>;

export const lookUpAll: LookUp = async (host) => {
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))].sort();
};

/** Whether a name can stand for several replicas: not an address, not this machine, and nothing behind a certificate. */
export function isShared(origin: URL): boolean {
  if (origin.protocol !== 'http:') return false;
  const name = origin.hostname.replace(/^\[|\]$/g, '');
  return isIP(name) === 0 && name !== 'localhost' && !name.endsWith('.localhost');
}
