import { loadSettings } from '@gaia/settings';
import { describe, expect, it } from 'vitest';
import { stateSettings } from '../src/state-settings.ts';

describe('stateSettings', () => {
  it('reads a URL, and takes its absence for state in this process', () => {
    expect(loadSettings(stateSettings(), { REDIS_URL: 'rediss://gaia:secret@redis/2' }).REDIS_URL).toBe(
      'rediss://gaia:secret@redis/2',
    );
    expect(loadSettings(stateSettings(), {}).REDIS_URL).toBeUndefined();
  });

  it('is a secret', () => {
    expect(stateSettings().REDIS_URL.secret).toBe(true);
  });

  it.each(['redis', 'http://:hunter2@redis', 'redis://:hunter2@redis/x', 'redis://:hunter2@redis?a=b'])(
    'refuses %j without repeating it',
    (url) => {
      const load = () => loadSettings(stateSettings(), { REDIS_URL: url });
      expect(load).toThrow('REDIS_URL must look like redis://');
      expect(load).not.toThrow('hunter2');
    },
  );
});
