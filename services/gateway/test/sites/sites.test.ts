import { expect, it, vi } from 'vitest';
import { createSites, type Site } from '../../src/sites/sites.ts';
import { createClock } from '../support/gateway.ts';

const siteA: Site = {
  site: 'site-a.localhost',
  name: 'A',
  origin: 'http://site-a.localhost',
  origins: [],
  registration: 'closed',
};

function directory(answer: (host: string) => Promise<Site | undefined>) {
  const clock = createClock();
  const lookUp = vi.fn(answer);
  const onFailure = vi.fn();
  return { clock, lookUp, onFailure, sites: createSites({ lookUp, now: clock.now, onFailure }) };
}

it('remembers a site for a minute', async () => {
  const { sites, lookUp, clock } = directory(async () => siteA);
  expect(await sites.find('site-a.localhost')).toEqual(siteA);
  clock.advance(59_999);
  await sites.find('site-a.localhost');
  expect(lookUp).toHaveBeenCalledTimes(1);
  clock.advance(1);
  await sites.find('site-a.localhost');
  expect(lookUp).toHaveBeenCalledTimes(2);
});

it('remembers that there is none, for a shorter time', async () => {
  const { sites, lookUp, clock } = directory(async () => undefined);
  expect(await sites.find('x')).toBeUndefined();
  await sites.find('x');
  expect(lookUp).toHaveBeenCalledTimes(1);
  clock.advance(10_000);
  await sites.find('x');
  expect(lookUp).toHaveBeenCalledTimes(2);
});

it('asks once however many want to know', async () => {
  const { sites, lookUp } = directory(async () => siteA);
  const found = await Promise.all(Array.from({ length: 50 }, () => sites.find('site-a.localhost')));
  expect(found.every((site) => site === siteA)).toBe(true);
  expect(lookUp).toHaveBeenCalledTimes(1);
});

it('goes on with what it knows while auth is away, and lets nobody wait', async () => {
  let away = false;
  const { sites, lookUp, clock, onFailure } = directory(async () => {
    if (away) throw new Error('away');
    return siteA;
  });
  await sites.find('site-a.localhost');
  away = true;
  clock.advance(3_600_000);
  expect(await sites.find('site-a.localhost')).toEqual(siteA);
  expect(await sites.find('site-b.localhost')).toBeUndefined();
  expect(lookUp).toHaveBeenCalledTimes(2);
  expect(onFailure).toHaveBeenCalledTimes(1);
  away = false;
  clock.advance(2_001);
  expect(await sites.find('site-b.localhost')).toEqual(siteA);
});

it('is bounded', async () => {
  const { sites, lookUp } = directory(async () => siteA);
  for (let index = 0; index <= 10_000; index += 1) await sites.find(`host-${index}`);
  await sites.find('host-10000');
  expect(lookUp).toHaveBeenCalledTimes(10_001);
  await sites.find('host-0');
  expect(lookUp).toHaveBeenCalledTimes(10_002);
});
