import { assertWhole, consumedUntil, recordJson } from '../bounds.ts';
import type { CounterStore, RecordStore, State } from '../state.ts';
import type { Connection } from './connection.ts';
import type { Keys } from './keys.ts';
import { fencedScript, type RunScript, script } from './script.ts';

/** A stored value is its end in milliseconds, a space, and the document: the end decides by the caller's clock. */

/** KEYS record. ARGV value, time to live. */
const putRecord = fencedScript(`
if tonumber(ARGV[2]) <= 0 then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1`);

/** KEYS record. ARGV value, time to live, now. 1, or 0 if something living is there. */
const addRecord = fencedScript(`
local held = redis.call('GET', KEYS[1])
if held and tonumber(string.match(held, '^%d+')) > tonumber(ARGV[3]) then return 0 end
if tonumber(ARGV[2]) > 0 then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return 1`);

/** KEYS counter. ARGV amount, length of the window, now. The value and the end of the window. */
const addToCounter = script(`
local ends = redis.call('HGET', KEYS[1], 'e')
if not ends or tonumber(ends) <= tonumber(ARGV[3]) then
  ends = string.format('%.0f', ARGV[3] + ARGV[2])
  redis.call('DEL', KEYS[1])
  if tonumber(ARGV[1]) ~= 0 then
    redis.call('HSET', KEYS[1], 'v', ARGV[1], 'e', ends)
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
  end
  return {ARGV[1], ends}
end
local value = redis.call('HINCRBY', KEYS[1], 'v', ARGV[1])
if value == 0 then redis.call('DEL', KEYS[1]) end
return {value, ends}`);

export function createRedisRecords(connection: Connection, keys: Keys, run: RunScript): RecordStore {
  return {
    async get(collection, id, now) {
      const held = await connection.run((client) => client.get(keys.record(collection, id)));
      if (held === null) return undefined;
      const space = held.indexOf(' ');
      return Number(held.slice(0, space)) > now ? JSON.parse(held.slice(space + 1)) : undefined;
    },
    async set(collection, id, value, expiresAt, now) {
      assertWhole({ expiresAt, now });
      await run(putRecord, [keys.record(collection, id)], [`${expiresAt} ${recordJson(value)}`, expiresAt - now]);
    },
    async delete(collection, id) {
      return (await connection.run((client) => client.del(keys.record(collection, id)))) === 1;
    },
    async add(collection, id, value, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const entry = [`${expiresAt} ${recordJson(value)}`, expiresAt - now, now];
      return (await run(addRecord, [keys.record(collection, id)], entry)) === 1;
    },
  };
}

export function createRedisConsumed(keys: Keys, run: RunScript): Pick<State, 'consumeOnce'> {
  return {
    async consumeOnce(purpose, id, expiresAt, now) {
      assertWhole({ expiresAt, now });
      const end = consumedUntil(expiresAt, now);
      return (await run(addRecord, [keys.consumed(purpose, id)], [`${end} `, end - now, now])) === 1;
    },
  };
}

export function createRedisCounters(connection: Connection, keys: Keys, run: RunScript): CounterStore {
  return {
    async add(key, amount, windowMs, now) {
      assertWhole({ amount, windowMs, now });
      if (windowMs < 1) throw new RangeError('windowMs must be at least 1');
      const [value, endsAt] = (await run(addToCounter, [keys.counter(key)], [amount, windowMs, now])) as unknown[];
      return { value: Number(value), endsAt: Number(endsAt) };
    },
    async get(key, now) {
      const [value, endsAt] = await connection.run((client) => client.hmget(keys.counter(key), 'v', 'e'));
      return value && endsAt && Number(endsAt) > now ? { value: Number(value), endsAt: Number(endsAt) } : undefined;
    },
    async reset(key) {
      await connection.run((client) => client.del(keys.counter(key)));
    },
  };
}
