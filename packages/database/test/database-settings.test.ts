import { loadSettings } from '@gaia/settings';
import { describe, expect, it } from 'vitest';
import { databaseSettings } from '../src/database-settings.ts';

describe('database settings', () => {
  it.each(['postgres://gaia:secret@db:5432/gaia', 'postgresql://gaia@localhost/gaia?host=%2Frun%2Fgaia'])(
    'take %s',
    (url) => {
      expect(loadSettings(databaseSettings, { DATABASE_URL: url })).toEqual({
        DATABASE_URL: url,
        DATABASE_POOL_SIZE: 10,
      });
    },
  );

  it.each([
    [{}, 'DATABASE_URL must be set'],
    [{ DATABASE_URL: 'mysql://gaia:hidden@db/gaia' }, 'DATABASE_URL must be a URL'],
    [{ DATABASE_URL: 'gaia:hidden@db' }, 'DATABASE_URL must be a URL'],
    [{ DATABASE_URL: 'postgres://db/gaia', DATABASE_POOL_SIZE: '0' }, 'DATABASE_POOL_SIZE must be a whole number'],
  ])('refuse %j without showing it', (env, message) => {
    const load = () => loadSettings(databaseSettings, env);
    expect(load).toThrow(message);
    expect(load).not.toThrow('hidden');
  });

  it('are marked secret where they hold a password', () => {
    expect(databaseSettings.DATABASE_URL.secret).toBe(true);
  });
});
