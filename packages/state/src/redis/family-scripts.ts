import { fencedScript, script } from './script.ts';

/*
 * A family is a hash of small values, so that Redis keeps it as a listpack (half the memory of a table):
 *   n sequence, r rotatedAt, i end unless refreshed, e absolute end, b createdAt (milliseconds),
 *   s sub, t site (absent if none), c client id, m amr as JSON, a address, u0 … u7 user agent in parts of 64,
 *   k the sid as JSON, only where the key does not hold it,
 *   d0 … d15 digests of the keys of the last rotations, by their sequence modulo 16, only where there was a key.
 */

/** KEYS family. ARGV time to live, fields and values. 1, or 0 if the family exists. */
export const createFamily = fencedScript(`
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
redis.call('HSET', KEYS[1], unpack(ARGV, 2, #ARGV - 1))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1`);

/**
 * KEYS family. ARGV sequence, grace, idle life, now, digest of the key or nothing, rotations to remember.
 * The outcome, and the family's fields unless it has ended.
 */
export const rotateFamily = fencedScript(`
local held = redis.call('HMGET', KEYS[1], 'n', 'r', 'i', 'e')
if not held[1] then return {'ended'} end
local given, grace, idle, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local current, rotatedAt = tonumber(held[1]), tonumber(held[2])
local digest, remembered = ARGV[5], tonumber(ARGV[6])
local slot = string.format('d%d', given % remembered)
if now >= tonumber(held[3]) then
  -- A caller that got "ended" never sees the family again, even if another caller's clock is behind.
  redis.call('DEL', KEYS[1])
  return {'ended'}
end
if given == current then
  local last = math.min(now + idle, tonumber(held[4]))
  redis.call('HSET', KEYS[1], 'n', current + 1, 'r', ARGV[4], 'i', string.format('%.0f', last))
  if digest == '' then redis.call('HDEL', KEYS[1], slot) else redis.call('HSET', KEYS[1], slot, digest) end
  local fields = redis.call('HGETALL', KEYS[1])
  redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last - now))
  return {'rotated', fields}
end
local isRemembered = digest ~= '' and given >= 1 and given < current and current - given <= remembered
if isRemembered and redis.call('HGET', KEYS[1], slot) == digest then
  return {given == current - 1 and 'repeated' or 'superseded', redis.call('HGETALL', KEYS[1])}
end
if given >= 1 and given == current - 1 and now - rotatedAt <= grace then
  return {'repeated', redis.call('HGETALL', KEYS[1])}
end
local fields = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return {'reused', fields}`);

/** KEYS family. ARGV site, now. 1, or 0 if the family has ended. */
export const setFamilySite = fencedScript(`
local last = redis.call('HGET', KEYS[1], 'i')
if not last or tonumber(ARGV[2]) >= tonumber(last) then return 0 end
redis.call('HSET', KEYS[1], 't', ARGV[1])
return 1`);

/** KEYS family. The fields that it had. */
export const endFamily = script(`
local fields = redis.call('HGETALL', KEYS[1])
redis.call('DEL', KEYS[1])
return fields`);

/**
 * KEYS a subject's index. ARGV key part of the sid, absolute end, now. How many families the index then holds.
 * The index lives as long as the family in it that can live longest. Fenced as the family is, so that the two stay in order.
 */
export const addToSubject = fencedScript(`
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[3])
redis.call('ZADD', KEYS[1], ARGV[2], ARGV[1])
local last = redis.call('ZREVRANGE', KEYS[1], 0, 0, 'WITHSCORES')
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', last[2] - ARGV[3]))
return redis.call('ZCARD', KEYS[1])`);
