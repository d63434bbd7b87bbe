import { describe, expect, it } from 'vitest';
import { choice, flag, integer, list, loadSettings, SettingsError, secret, text, url } from '../src/settings.ts';

const schema = {
  NAME: text({ doc: 'a name', fallback: 'gaia' }),
  NOTE: text({ doc: 'a note' }),
  PORT: integer({ doc: 'a port', fallback: 8080, min: 0, max: 65_535 }),
  LIMIT: flag({ doc: 'a switch', fallback: true }),
  LEVEL: choice({ doc: 'a level', fallback: 'info', of: ['info', 'warn'] }),
  KEY: secret({ doc: 'a key' }),
  HOME_URL: url({ doc: 'an address', fallback: 'http://localhost', protocols: ['http', 'https'] }),
  NAMES: list({ doc: 'names', fallback: ['one'] }),
};

describe('loadSettings', () => {
  it('gives the defaults for an empty environment, frozen', () => {
    const settings = loadSettings(schema, {});
    expect(settings).toEqual({
      NAME: 'gaia',
      NOTE: undefined,
      PORT: 8080,
      LIMIT: true,
      LEVEL: 'info',
      KEY: undefined,
      HOME_URL: 'http://localhost',
      NAMES: ['one'],
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it.each([
    ['PORT', '9000', 9000],
    ['PORT', ' 9000 ', 9000],
    ['LIMIT', 'off', false],
    ['LIMIT', '0', false],
    ['LIMIT', 'Yes', true],
    ['LEVEL', 'WARN', 'warn'],
    ['HOME_URL', 'https://example.com/', 'https://example.com'],
    ['NAMES', 'a, b,,c ', ['a', 'b', 'c']],
    ['NAME', '', 'gaia'],
  ])('reads %s=%j', (name, raw, value) => {
    expect(loadSettings(schema, { [name]: raw })).toMatchObject({ [name]: value });
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '1e3'],
    ['PORT', '0x50'],
    ['LIMIT', 'perhaps'],
    ['LEVEL', 'loud'],
    ['HOME_URL', 'localhost:80'],
    ['HOME_URL', 'file:///etc/passwd'],
    ['NAME', 'x'.repeat(4_097)],
    ['NAMES', Array.from({ length: 65 }, (_, index) => index).join(',')],
  ])('refuses %s=%j by name', (name, raw) => {
    expect(() => loadSettings(schema, { [name]: raw })).toThrow(new RegExp(`^the configuration.*- ${name} must`, 's'));
  });

  it('names every problem at once and never a secret', () => {
    const problems = (() => {
      try {
        loadSettings({ ...schema, MUST: text({ doc: 'needed', required: true }) }, { KEY: 'hunter2', PORT: 'x' });
      } catch (error) {
        return error instanceof SettingsError ? error.problems : [];
      }
      return [];
    })();
    expect(problems).toEqual([
      'PORT must be a whole number from 0 to 65535',
      'KEY must have at least 16 characters',
      'MUST must be set: needed',
    ]);
    expect(problems.join()).not.toContain('hunter2');
  });
});
