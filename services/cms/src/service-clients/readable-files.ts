import type { CallContext } from './call-context.ts';
import type { ServiceClients } from './service-clients.ts';

/** Which of some files a caller may read. Throws a Problem: `assets_unavailable`, or what assets refuses with. */
export type ReadableFiles = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

/** By the word of the service assets, asked in the caller's name. */
export function readableFiles(
  serviceClients: Pick<ServiceClients, 'assets'>,
  site: string,
  context: CallContext,
): ReadableFiles {
  return async (ids) => {
    const files = await serviceClients.assets(site, ids, context);
    for (const file of files.values()) if (file instanceof Error) throw file;
    return new Set(files.keys());
  };
}
