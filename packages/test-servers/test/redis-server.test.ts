import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { startTestRedis } from '../src/redis-server.ts';

const place = mkdtempSync(join(tmpdir(), 'gaia-redis-'));
afterAll(() => rmSync(place, { recursive: true, force: true }));

describe('startTestRedis', () => {
  it('takes the one of REDIS_URL and starts none', async () => {
    const env = { REDIS_URL: 'redis://elsewhere:6379', PATH: process.env.PATH };
    expect(await startTestRedis(env, join(place, 'given'))).toEqual({ url: 'redis://elsewhere:6379' });
  });

  it('gives the reason where there is none', async () => {
    expect(await startTestRedis({ PATH: place }, join(place, 'none'))).toEqual({
      unavailable: expect.stringContaining('no redis-server'),
    });
  });

  it('gives the reason where it does not start', async () => {
    const bin = mkdtempSync(join(place, 'bin-'));
    symlinkSync('/bin/false', join(bin, 'redis-server'));
    expect(await startTestRedis({ PATH: bin }, join(place, 'broken'))).toEqual({
      unavailable: expect.stringContaining('redis-server ended'),
    });
  });
});
