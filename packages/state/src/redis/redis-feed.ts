import { assertWhole, SKEW_MS } from '../bounds.ts';
import { type FeedEntry, type RevocationFeed, StateUnavailable } from '../state.ts';
import type { Connection } from './connection.ts';
import { parseEntry } from './feed-wire.ts';
import type { Keys } from './keys.ts';
import { type RunScript, script } from './script.ts';

/**
 * How long an unused feed remembers its epoch. Far longer than any entry lives, and renewed by every use: an epoch ends
 * only where Redis has lost its memory or the feed has long been empty.
 */
const HEAD_LIFE_MS = 30 * 24 * 3_600_000;
const DAY_MS = 24 * 3_600_000;
const PAGE = 5_000;

/**
 * KEYS head, entries. ARGV an epoch if there is none, now, end of the entry, revocation as JSON, life of the head, skew,
 * channel. Entries are dropped only when they are past their end by the skew: a clock that is ahead must not
 * drop what others still need.
 */
const append = script(`
local now, ends, skew = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[6])
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local epoch = redis.call('HGET', KEYS[1], 'epoch')
local sequence = string.format('%.0f', redis.call('HINCRBY', KEYS[1], 'sequence', 1))
local entry = sequence .. ' ' .. ARGV[3] .. ' ' .. ARGV[4]
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - skew))
redis.call('ZADD', KEYS[2], ARGV[3], entry)
local last = tonumber(redis.call('ZREVRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2])
local life = math.max(last - now, 0) + skew
redis.call('PEXPIRE', KEYS[2], string.format('%.0f', life))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', life + tonumber(ARGV[5])))
redis.call('PUBLISH', ARGV[7], epoch .. ' ' .. entry)
return sequence`);

/** KEYS head, entries. ARGV an epoch if there is none, life of the head, entries wanted. Epoch, sequence, entries. */
const read = script(`
redis.call('HSETNX', KEYS[1], 'epoch', ARGV[1])
local held = redis.call('HMGET', KEYS[1], 'epoch', 'sequence')
if redis.call('PTTL', KEYS[1]) < tonumber(ARGV[2]) / 2 then redis.call('PEXPIRE', KEYS[1], ARGV[2]) end
local entries = {}
if tonumber(ARGV[3]) > 0 then entries = redis.call('ZREVRANGE', KEYS[2], 0, ARGV[3] - 1) end
return {held[1], held[2] or '0', entries}`);

export interface RedisFeedOptions {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly run: RunScript;
  readonly newEpoch: () => string;
  readonly subscribe: RevocationFeed['subscribe'];
}

/** The feed in Redis: a hash with epoch and sequence, a sorted set of entries by their end, and a channel. */
export function createRedisFeed({ connection, keys, run, newEpoch, subscribe }: RedisFeedOptions): RevocationFeed {
  const feedKeys = [keys.feedHead, keys.feedEntries];

  async function readHead(wanted: number) {
    const answer = await run(read, feedKeys, [newEpoch(), HEAD_LIFE_MS, wanted]);
    const [epoch, sequence, entries] = Array.isArray(answer) ? answer : [];
    return { epoch: String(epoch), sequence: Number(sequence), texts: textsOf(entries) };
  }

  /**
   * The first page comes with the head, atomically. Further pages go by rank from the latest end: what is appended meanwhile
   * only moves entries further back, and only the tail is ever dropped, so none is skipped.
   */
  async function readAll(now: number) {
    const { epoch, sequence, texts } = await readHead(PAGE);
    const found = new Map<number, FeedEntry>();
    let page = texts;
    for (let start = 0; page.length > 0; ) {
      const entries = page.map(parseEntry).filter((entry) => entry !== undefined);
      // Entries after the head that was read come by push, or else the listener sees a gap.
      for (const entry of entries) {
        if (entry.expiresAt > now && entry.sequence <= sequence) found.set(entry.sequence, entry);
      }
      const ended = entries.every((entry) => entry.expiresAt <= now);
      if (page.length < PAGE || ended) break;
      start += PAGE;
      const from = start;
      page = await connection.run((client) => client.zrevrange(keys.feedEntries, from, from + PAGE - 1));
    }
    const entries = [...found.values()].sort((a, b) => a.sequence - b.sequence);
    return { snapshot: { epoch, sequence, entries }, paged: texts.length === PAGE };
  }

  return {
    async append(revocation, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const json = JSON.stringify(revocation);
      const args = [newEpoch(), now, expiresAt, json, DAY_MS + HEAD_LIFE_MS, SKEW_MS, keys.feedChannel];
      return { sequence: Number(await run(append, feedKeys, args)), revocation, expiresAt };
    },
    async snapshot(now) {
      for (let attempt = 0; attempt < 3; attempt += 1) {
        const { snapshot, paged } = await readAll(now);
        if (!paged || (await readHead(0)).epoch === snapshot.epoch) return snapshot;
      }
      throw new StateUnavailable({ cause: new Error('the epoch of the feed kept changing') });
    },
    async head() {
      const { epoch, sequence } = await readHead(0);
      return { epoch, sequence };
    },
    subscribe,
  };
}

function textsOf(list: unknown): string[] {
  return Array.isArray(list) ? list.map(String) : [];
}
