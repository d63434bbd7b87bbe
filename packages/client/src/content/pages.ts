import type { Page } from './types.ts';

/** The pages of a list, each asked for when it is wanted. */
export async function* pagesOf<T, P extends Page<T>>(
  load: (cursor: string | undefined) => Promise<P>,
  from?: string,
): AsyncGenerator<P, void, undefined> {
  let cursor = from;
  do {
    const page = await load(cursor);
    yield page;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}

/** Every item of a list, page by page. */
export async function* itemsOf<T>(pages: AsyncIterable<Page<T>>): AsyncGenerator<T, void, undefined> {
  for await (const { items } of pages) yield* items;
}
