import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../src/redis/redis-url.ts';

describe('parseRedisUrl', () => {
  it.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://10.0.0.5:7000/3', { host: '10.0.0.5', port: 7000, db: 3 }],
    ['redis://localhost/', { host: 'localhost', port: 6379, db: 0 }],
    ['redis://[::1]:6380', { host: '::1', port: 6380, db: 0 }],
    ['redis://:p%40ss%2Fword@redis', { host: 'redis', port: 6379, db: 0, password: 'p@ss/word' }],
    ['rediss://gaia:secret@redis', { host: 'redis', port: 6379, db: 0, username: 'gaia', password: 'secret', tls: {} }],
  ])('reads %s', (url, target) => {
    expect(parseRedisUrl(url)).toEqual(target);
  });

  it.each([
    ['', 'nothing'],
    ['localhost:6379', 'no protocol'],
    ['http://user:hunter2@redis', 'another protocol'],
    ['redis://', 'no host'],
    ['redis://:hunter2@redis/notes', 'a database that is not a number'],
    ['redis://:hunter2@redis/-1', 'a negative database'],
    ['redis://:hunter2@redis?commandTimeout=0', 'parameters'],
    ['redis://:hunter2@redis#x', 'a fragment'],
    ['redis://:hunter2%zz@redis', 'a password that is not encoded'],
    ['redis://:hunter2@redis:99999', 'a port that is none'],
  ])('refuses %j (%s) without repeating it', (url) => {
    expect(() => parseRedisUrl(url)).toThrow(/^the /);
    expect(() => parseRedisUrl(url)).not.toThrow('hunter2');
  });
});
