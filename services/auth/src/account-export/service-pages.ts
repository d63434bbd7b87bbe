import { problem } from '../errors.ts';
import type { CallService, ServiceName } from '../service-clients/call-service.ts';

/** One list of a service, whose first page has come: the service answers. */
export interface ServiceList {
  pages(): AsyncGenerator<readonly object[]>;
}

/** Opens a list of `{ items, next_cursor }`. Throws `<service>_unavailable`, here or while pages are read. */
export async function openServiceList(
  callService: CallService,
  service: ServiceName,
  request: { readonly path: string; readonly accessToken: string; readonly requestId: string | undefined },
): Promise<ServiceList> {
  const page = async (cursor: string | undefined) => {
    const query = cursor === undefined ? '' : `?${new URLSearchParams({ cursor })}`;
    const { items, next_cursor: next } = await callService(service, {
      ...request,
      method: 'GET',
      path: request.path + query,
    });
    if (!Array.isArray(items) || !(next === null || typeof next === 'string')) throw problem(`${service}_unavailable`);
    return { items: items as readonly object[], next };
  };
  const first = await page(undefined);
  return {
    async *pages() {
      let { items, next } = first;
      for (;;) {
        yield items;
        if (next === null) return;
        const before = next;
        ({ items, next } = await page(before));
        // It would go on for ever.
        if (next === before) throw problem(`${service}_unavailable`);
      }
    },
  };
}
