import { connectionOptions, hopByHopHeaders } from './request-headers.ts';

/** Not passed on from services: what the gateway says itself, and what only tells an attacker where to look. */
const droppedHeaders: ReadonlySet<string> = new Set(['x-request-id', 'server', 'x-powered-by', 'set-cookie']);

/**
 * The headers of a service's answer (undici's raw list) that go on to the client, names and values in turns.
 * Set-Cookie is not among them: the only cookies on a site's origin are the gateway's.
 */
export function passResponseHeaders(rawHeaders: readonly (Buffer | string)[]): string[] {
  const passed: string[] = [];
  let named: Set<string> | undefined;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = latin1(rawHeaders[index]).toLowerCase();
    if (name === 'connection') named = connectionOptions(latin1(rawHeaders[index + 1]), named);
    if (hopByHopHeaders.has(name) || droppedHeaders.has(name)) continue;
    passed.push(name, latin1(rawHeaders[index + 1]));
  }
  if (named === undefined) return passed;
  return passed.filter((_, index) => !named.has(passed[index - (index % 2)] as string));
}

/** RFC 9110 §5.5: header bytes are opaque; read and written as ISO-8859-1 they pass unchanged. */
function latin1(part: Buffer | string | undefined): string {
  return typeof part === 'string' ? part : (part?.toString('latin1') ?? '');
}
