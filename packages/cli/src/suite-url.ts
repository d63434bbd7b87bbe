import type { Context } from './context.ts';
import { UsageError } from './failure.ts';

const MAX_LENGTH = 2_048;
const DEFAULT_PORT = '8080';

/** An absolute http(s) URL without trailing slashes; undefined if it is none, or has credentials, query or fragment. */
export function readBaseUrl(raw: string): string | undefined {
  if (raw.length > MAX_LENGTH || /[?#\s]/.test(raw) || !URL.canParse(raw)) return undefined;
  const { protocol, username, password } = new URL(raw);
  if (!['http:', 'https:'].includes(protocol) || username !== '' || password !== '') return undefined;
  return raw.replace(/\/+$/, '');
}

/**
 * Where the suite is: what was asked for, or what the suite itself would make of the same environment
 * (`PUBLIC_URL`, else `http://localhost:PORT`).
 */
export function suiteUrl(asked: string | undefined, { env }: Pick<Context, 'env'>): string {
  if (asked !== undefined) return asked;
  const raw = env.PUBLIC_URL?.trim() || `http://localhost:${env.PORT?.trim() || DEFAULT_PORT}`;
  const url = readBaseUrl(raw);
  if (url === undefined) throw new UsageError('PUBLIC_URL or PORT in the environment makes no usable URL; give --url');
  return url;
}

/** Whether what is sent there can be read on the way: plain HTTP to another machine. */
export function isReadableOnTheWay(url: string): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'http:' && !/^(?:(?:.+\.)?localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname);
}
