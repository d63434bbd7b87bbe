import type { WireRequest } from './exchange.ts';

/** RFC 9110 §5.5: all but this may stand in a value; a line break would begin a header of its own. */
const notOfValue = /[^\t\x20-\x7e\x80-\xff]/;
const requestTarget = /^[/*][\x21-\x7e]*$/;

/** Methods whose requests have a body by their nature, so that one of length 0 is told (RFC 9110 §8.6). */
const bodied: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH']);

/** The head of a request as ISO-8859-1. Throws where a part of it would break out of its place. */
export function writeHead({ method, path, headers, body }: WireRequest, host: string): string {
  if (!requestTarget.test(path)) throw new TypeError('not a request target');
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`;
  let hasLength = false;
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] as string;
    const value = headers[index + 1] as string;
    if (notOfValue.test(value)) throw new TypeError(`not a value of ${name}`);
    if (name === 'content-length') {
      if (body !== null) continue;
      hasLength = true;
    }
    head += `${name}: ${value}\r\n`;
  }
  if (body !== null) head += `content-length: ${body.length}\r\n`;
  else if (!hasLength && bodied.has(method)) head += 'content-length: 0\r\n';
  return `${head}\r\n`;
}
