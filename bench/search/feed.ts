import type { MadeEntries } from './entries.ts';

/** Answers the requests of the service that follows: tokens of auth, and a feed of made-up entries. */
export function feedOf(entries: MadeEntries): typeof globalThis.fetch {
  const head = String(entries.count + 1);
  async function answer(address: string, signal: AbortSignal | null | undefined): Promise<Response> {
    const url = new URL(address);
    if (url.pathname === '/oauth/token') {
      return Response.json({ access_token: 'bench', token_type: 'Bearer', expires_in: 86_400 });
    }
    const from = Number(url.searchParams.get('after') ?? 0);
    const to = Math.min(entries.count, from + Number(url.searchParams.get('limit')));
    if (from === to && url.searchParams.get('wait') !== '0') await ended(signal);
    const events = Array.from({ length: to - from }, (_, index) => entries.event(from + index));
    return Response.json({
      events: from === 0 ? [...entries.rules, ...events] : events,
      cursor: String(to),
      seq: String(to + 1),
      head,
    });
  }
  return ((address: string, init?: RequestInit) => answer(address, init?.signal)) as typeof globalThis.fetch;
}

/** Nothing new ever comes: the wait ends with the service. */
function ended(signal: AbortSignal | null | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')));
  });
}
