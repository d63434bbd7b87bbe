import { setTimeout as sleep } from 'node:timers/promises';
import { expect, vi } from 'vitest';
import { call, type RunningSuite } from './running-suite.ts';

/** Every service, asked directly and through the gateway; the number is the distance from the gateway's port. */
export const guardedPlaces = [
  ['auth', 1, '/auth/me'],
  ['cms', 2, '/cms/whoami'],
  ['assets', 3, '/assets/whoami'],
  ['search', 4, '/search/whoami'],
  ['gateway to auth', 0, '/auth/me'],
  ['gateway to cms', 0, '/cms/whoami'],
  ['gateway to assets', 0, '/assets/whoami'],
  ['gateway to search', 0, '/search/whoami'],
] as const;

type Place = (typeof guardedPlaces)[number];

/** What each place says to a token: `200`, or status and code. */
export function answersEverywhere(suite: RunningSuite, token: string): Promise<string[]> {
  return Promise.all(guardedPlaces.map((place) => answerOf(suite, place, token)));
}

/** Requests that run on and on, half of them with the newest token, the others with older ones. */
export interface TokenTraffic extends AsyncDisposable {
  /** Resolves when every place has answered a request with the newest token. */
  newestSeenEverywhere(): Promise<void>;
  requests(): number;
  /** Answers other than 200. */
  readonly refused: readonly string[];
}

const LANES = 8;

/** Begins at once, at the rate given or as near to it as the machine can. `tokens` may grow meanwhile. */
export function startTokenTraffic(suite: RunningSuite, tokens: readonly string[], perSecond: number): TokenTraffic {
  const refused: string[] = [];
  const seen = new Map<string, Set<string>>();
  const startedAt = performance.now();
  let requests = 0;
  let isOver = false;

  async function lane(): Promise<void> {
    while (!isOver) {
      const turn = requests;
      requests += 1;
      const place = guardedPlaces[turn % guardedPlaces.length] as Place;
      const round = Math.floor(turn / guardedPlaces.length);
      const token = tokens.at(round % 2 === 0 ? -1 : Math.floor(round / 2) % tokens.length) ?? '';
      await sleep(Math.max(0, startedAt + (turn * 1_000) / perSecond - performance.now()));
      const answer = await answerOf(suite, place, token);
      seen.set(token, (seen.get(token) ?? new Set()).add(place[0]));
      if (answer !== '200') refused.push(`${place[0]}: ${answer}`);
    }
  }

  const lanes = Promise.all(Array.from({ length: LANES }, lane));
  return {
    newestSeenEverywhere: () =>
      vi.waitFor(() => expect(seen.get(tokens.at(-1) ?? '')?.size).toBe(guardedPlaces.length), {
        timeout: 60_000,
        interval: 10,
      }),
    requests: () => requests,
    refused,
    [Symbol.asyncDispose]: async () => {
      isOver = true;
      await lanes;
    },
  };
}

async function answerOf(suite: RunningSuite, [, offset, path]: Place, token: string): Promise<string> {
  try {
    const { status, json } = await call('GET', `http://127.0.0.1:${suite.port + offset}${path}`, { token });
    return status === 200 ? '200' : `${status} ${json?.code}`;
  } catch (error) {
    return `no answer: ${error instanceof Error ? error.message : 'unknown'}`;
  }
}
