import { randomUUID } from 'node:crypto';
import { type StateLog, silentLog } from '../log.ts';
import type { State } from '../state.ts';
import { type Connection, openConnection } from './connection.ts';
import { createFeedSubscriber } from './feed-subscriber.ts';
import { createKeys } from './keys.ts';
import { createRedisFamilies } from './redis-families.ts';
import { createRedisFeed } from './redis-feed.ts';
import { createRedisConsumed, createRedisCounters, createRedisRecords } from './redis-records.ts';
import { parseRedisUrl } from './redis-url.ts';
import { createScriptRunner } from './script.ts';

export interface RedisStateOptions {
  /** `redis[s]://[user[:password]@]host[:port][/database]`; Redis 7.0 or newer, or Valkey. */
  readonly url: string;
  /** Begins every key and channel; `gaia:` unless given. */
  readonly prefix?: string;
  readonly log?: StateLog;
  /** Milliseconds after which an operation rejects with StateUnavailable; 1,000 unless given. */
  readonly timeoutMs?: number;
  /** Milliseconds between pings, by which a silent connection is noticed; 1,000 unless given. */
  readonly keepAliveMs?: number;
}

/**
 * State in Redis, shared by all replicas of all services. Returns at once: the connections are made in the background and
 * come back by themselves. Every method rejects with StateUnavailable while Redis does not answer. Throws for a URL or a
 * prefix that cannot be used.
 */
export function createRedisState(options: RedisStateOptions): State {
  const log = options.log ?? silentLog;
  const target = parseRedisUrl(options.url);
  const keys = createKeys(options.prefix ?? 'gaia:');
  const open = (name: string) =>
    openConnection({
      target,
      name,
      timeoutMs: options.timeoutMs ?? 1_000,
      keepAliveMs: options.keepAliveMs ?? 1_000,
      log,
    });

  const connection = open('gaia-state');
  const run = createScriptRunner(connection);
  const subscriber = createFeedSubscriber({ channel: keys.feedChannel, open: () => open('gaia-feed'), log });
  warnOfEviction(connection, log);

  return {
    kind: 'redis',
    families: createRedisFamilies(connection, keys, run),
    revocations: createRedisFeed({ connection, keys, run, newEpoch: randomUUID, subscribe: subscriber.subscribe }),
    records: createRedisRecords(connection, keys, run),
    counters: createRedisCounters(connection, keys, run),
    ...createRedisConsumed(keys, run),
    async ping() {
      await connection.run((client) => client.ping());
    },
    async close() {
      await Promise.all([connection.close(), subscriber.close()]);
    },
  };
}

/** A Redis that evicts keys when its memory is full forgets revocations and consumed ids. */
function warnOfEviction(connection: Connection, log: StateLog): void {
  connection.client.once('ready', async () => {
    const info = await connection.run((client) => client.info('memory')).catch(() => '');
    const policy = /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'noeviction';
    if (policy !== 'noeviction') log.warn({ policy }, 'Redis may evict keys: set maxmemory-policy to noeviction');
  });
}
