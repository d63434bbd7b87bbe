import { type Setting, url } from '@gaia/settings';
import { parseRedisUrl } from './redis/redis-url.ts';

/** Where short-lived state lives. The URL may hold a password: it is never shown. */
export function stateSettings(): { REDIS_URL: Setting<string | undefined> } {
  const setting = url({
    doc: 'Redis for sessions, revocations and counters, shared by all services and replicas',
    fallbackDoc: 'in this process',
    protocols: ['redis', 'rediss'],
  });
  return {
    REDIS_URL: Object.freeze({
      ...setting,
      secret: true,
      parse(raw: string) {
        try {
          parseRedisUrl(raw);
        } catch {
          throw new Error('must look like redis://host:6379/0 or rediss://user:password@host:6379, without parameters');
        }
        return setting.parse(raw);
      },
    }),
  };
}
