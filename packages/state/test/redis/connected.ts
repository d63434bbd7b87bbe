import { onTestFinished } from 'vitest';
import { type Connection, openConnection } from '../../src/redis/connection.ts';
import { parseRedisUrl } from '../../src/redis/redis-url.ts';
import { createScriptRunner, type RunScript } from '../../src/redis/script.ts';

/** A connection until the end of the test. */
export function connected(url: string, timeoutMs: number): { connection: Connection; run: RunScript } {
  const log = { info() {}, warn() {} };
  const connection = openConnection({
    target: parseRedisUrl(url),
    name: 'test',
    timeoutMs,
    keepAliveMs: timeoutMs,
    log,
  });
  onTestFinished(() => connection.close());
  return { connection, run: createScriptRunner(connection) };
}
