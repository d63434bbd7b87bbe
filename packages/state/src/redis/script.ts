import { createHash } from 'node:crypto';
import type { Connection } from './connection.ts';

/** A Lua script that Redis runs atomically. */
export interface Script {
  readonly lua: string;
  readonly sha: string;
  readonly fenced: boolean;
}

/**
 * Scripts that give something (a successor, a consumed id, a lock, a session) are fenced: they do nothing if Redis runs
 * them after the caller has stopped waiting. After a stall Redis carries out what lies in its sockets, even when that is
 * a minute old. Without a fence the rotation of a refresh that was answered with 503 would happen then, and the user's
 * next attempt would look like reuse. What takes away (end, delete, revoke) rather happens late than never.
 *
 * The last argument is the deadline by the clock of Redis.
 */
const FENCE = `local time = redis.call('TIME')
if time[1] * 1000 + math.floor(time[2] / 1000) > tonumber(ARGV[#ARGV]) then
  return redis.error_reply('LATE the caller has stopped waiting')
end
`;

/** The fence falls before the caller stops waiting, as a share of that wait: the two clocks never agree exactly. */
const FENCE_SHARE = 0.9;

export function script(lua: string): Script {
  return { lua, sha: digest(lua), fenced: false };
}

export function fencedScript(body: string): Script {
  const lua = FENCE + body;
  return { lua, sha: digest(lua), fenced: true };
}

function digest(lua: string): string {
  return createHash('sha1').update(lua).digest('hex');
}

/** Runs a script within the connection's time limit. All keys must be in one hash slot. */
export type RunScript = (
  script: Script,
  keys: readonly string[],
  args: readonly (string | number)[],
) => Promise<unknown>;

/** Runs scripts by digest, and by text where the server does not know them (restart, failover, SCRIPT FLUSH). */
export function createScriptRunner(connection: Connection): RunScript {
  const { client, timeoutMs } = connection;
  /** The clock of Redis minus the monotonic clock of this process. */
  let offset: Promise<number> | undefined;

  client.on('close', () => {
    offset = undefined;
  });

  async function measure(): Promise<number> {
    const [seconds, microseconds] = await client.time();
    return Number(seconds) * 1_000 + Math.floor(Number(microseconds) / 1_000) - performance.now();
  }

  async function inRedisTime(moment: number): Promise<number> {
    offset ??= measure();
    const current = offset;
    try {
      return Math.floor(moment + (await current));
    } catch (error) {
      if (offset === current) offset = undefined;
      throw error;
    }
  }

  async function evaluate(target: Script, keys: readonly string[], args: readonly (string | number)[]) {
    try {
      return await client.evalsha(target.sha, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isReply(error, 'NOSCRIPT')) throw error;
      return await client.eval(target.lua, keys.length, ...keys, ...args);
    }
  }

  return (target, keys, args) =>
    connection.run(async () => {
      if (!target.fenced) return evaluate(target, keys, args);
      const deadline = performance.now() + timeoutMs * FENCE_SHARE;
      try {
        return await evaluate(target, keys, [...args, await inRedisTime(deadline)]);
      } catch (error) {
        if (!isReply(error, 'LATE')) throw error;
        // Perhaps the clock of Redis was set. The deadline stays, by that clock as it is now.
        offset = undefined;
        return evaluate(target, keys, [...args, await inRedisTime(deadline)]);
      }
    });
}

function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code);
}
