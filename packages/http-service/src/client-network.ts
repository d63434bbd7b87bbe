import { isIPv4, isIPv6 } from 'node:net';

/** Prefixes of 96 bits before an IPv4 address: RFC 4291 §2.5.5.2 (IPv4-mapped) and RFC 6052 §2.1 (translated). */
const ipv4Prefixes: readonly string[] = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/** How a socket that takes both families writes IPv4: nearly all addresses there are, so they are read without much ado. */
const SOCKET_PREFIX = '::ffff:';

/** An IP address in one spelling: IPv4 plain however it is embedded, IPv6 in lower case without a zone. */
export function plainAddress(address: string): string {
  const mapped = address.slice(SOCKET_PREFIX.length);
  if (address.startsWith(SOCKET_PREFIX) && isIPv4(mapped)) return mapped;
  const groups = groupsOf(address);
  if (groups === undefined) return address;
  const [high = '0', low = '0'] = groups.slice(6);
  if (!ipv4Prefixes.includes(groups.slice(0, 6).join(':'))) return serialized(address);
  return [high, low].flatMap((group) => bytesOf(Number.parseInt(group, 16))).join('.');
}

/** What limits by address count: one customer has a whole IPv6 /64 (RFC 6177) and could use each address of it once. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  const groups = groupsOf(plain);
  return groups === undefined ? plain : `${groups.slice(0, 4).join(':')}::/64`;
}

/** The eight groups of an IPv6 address without leading zeros; undefined for anything else. */
function groupsOf(address: string): string[] | undefined {
  if (!isIPv6(address)) return undefined;
  const [head = '', tail] = serialized(address).split('::');
  const front = head.split(':').filter(Boolean);
  const back = tail?.split(':').filter(Boolean) ?? [];
  return [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back];
}

/** In the one form of the URL standard, which RFC 5952 asks for as well. */
function serialized(address: string): string {
  return new URL(`http://[${address.split('%', 1)[0]}]`).hostname.slice(1, -1);
}

function bytesOf(group: number): [number, number] {
  return [group >> 8, group & 0xff];
}
