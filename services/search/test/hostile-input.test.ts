import { fuzz, inProcessRequest } from '@gaia/testing/fuzz';
import { anonymousTargets } from '@gaia/testing/fuzz-targets';
import { expect, it } from 'vitest';
import { startSearch } from './search-service.ts';

it('refuses hostile text wherever an anonymous caller can put it', async () => {
  const { app } = await startSearch();
  const values = { q: 'fish', site: 'site-a.localhost' };
  const targets = anonymousTargets((await app.inject('/openapi.json')).json(), { values });
  const { faults } = await fuzz(targets, inProcessRequest(app, { 'x-gaia-site': 'site-a.localhost' }));
  expect(faults).toEqual([]);
  expect(targets.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'GET /search query q',
      'GET /search query cursor',
      'GET /search header authorization',
      'GET /search/whoami bearer token',
    ]),
  );
}, 120_000);
