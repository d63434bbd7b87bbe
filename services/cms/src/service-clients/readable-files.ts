import type { CallContext } from './call-context.ts';
import type { ServiceClients } from './service-clients.ts';

/** The files of a list that a caller may read. Throws a Problem: `assets_unavailable`, or the problem of assets. */
export type ReadableFiles = (ids: readonly string[]) => Promise<ReadonlySet<string>>;

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
