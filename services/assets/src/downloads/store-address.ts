import type { FileStore } from '../storage/file-store.ts';
import { deliveryHeaders, type Representation } from './delivery.ts';

/** From the check of access to the beginning of the download; what has closed meanwhile is open for so long. */
const SECONDS = 60;

/** The address at which a store gives the bytes of a file by itself; undefined where it does not. */
export async function storeAddress(
  store: Pick<FileStore, 'signedUrl'>,
  file: Representation,
): Promise<string | undefined> {
  const headers = deliveryHeaders(file);
  return store.signedUrl?.(file.bytesKey, {
    seconds: SECONDS,
    mediaType: headers['content-type'] ?? file.mediaType,
    disposition: headers['content-disposition'] ?? 'attachment',
  });
}
