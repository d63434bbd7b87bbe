import type { RedisOptions } from 'ioredis';

/** Where a Redis is and how to be let in. */
export type RedisTarget = Pick<RedisOptions, 'host' | 'port' | 'username' | 'password' | 'db' | 'tls'>;

/**
 * Reads `redis[s]://[user[:password]@]host[:port][/database]`. Query parameters are refused: they could switch off the
 * time limits of commands. Throws an Error that never holds the URL, which may carry a password.
 */
export function parseRedisUrl(url: string): RedisTarget {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !['redis:', 'rediss:'].includes(parsed.protocol) || parsed.hostname === '') {
    throw new Error('the URL of Redis must look like redis://host:6379/0 or rediss://user:password@host:6379');
  }
  if (parsed.search !== '' || parsed.hash !== '') throw new Error('the URL of Redis must not have parameters');
  const database = /^\/?(\d{0,4})\/?$/.exec(parsed.pathname)?.[1];
  if (database === undefined) throw new Error('the path in the URL of Redis must be the number of a database');
  const username = credential(parsed.username);
  const password = credential(parsed.password);
  return {
    host: parsed.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: parsed.port === '' ? 6379 : Number(parsed.port),
    db: Number(database),
    ...(username !== '' && { username }),
    ...(password !== '' && { password }),
    ...(parsed.protocol === 'rediss:' && { tls: {} }),
  };
}

function credential(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Error('the user and password in the URL of Redis must be percent-encoded');
  }
}
