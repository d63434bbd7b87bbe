import { isIPv6 } from 'node:net';
import { problem } from '../errors.ts';

export interface Host {
  /** Lower case, without port and without a final dot: what sites are found by. */
  readonly name: string;
  /** Name and port as they stand in an origin. */
  readonly authority: string;
  /** `localhost` and the like, which browsers treat as secure without TLS. */
  readonly local: boolean;
}

const hostSyntax = /^([a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_-]{1,63})*)\.?(:\d{1,5})?$/;
const bracketedSyntax = /^\[([0-9a-f:.]{2,45})\](:\d{1,5})?$/;

/** Reads a Host header (RFC 9110 §7.2). Refuses with invalid_host, so that no made-up text gets into links or caches. */
export function parseHost(header: string | undefined): Host {
  const text = (header ?? '').toLowerCase();
  if (text.length > 260) throw problem('invalid_host');
  const match = hostSyntax.exec(text);
  if (match?.[1] !== undefined && match[1].length <= 253) {
    const name = match[1];
    return { name, authority: name + (match[2] ?? ''), local: isLocal(name) };
  }
  const bracketed = bracketedSyntax.exec(text);
  if (bracketed?.[1] !== undefined && isIPv6(bracketed[1])) {
    return { name: `[${bracketed[1]}]`, authority: text, local: bracketed[1] === '::1' };
  }
  throw problem('invalid_host');
}

/** Secure Contexts §3.1: `localhost`, names below it, and loopback addresses. */
function isLocal(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost') || /^127(?:\.\d{1,3}){3}$/.test(name);
}
