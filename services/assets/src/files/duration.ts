import type { Stores } from '../storage/stores.ts';
import type { StoredFile } from './stored-file.ts';

/** Reading the head of a recording takes milliseconds; what takes longer is no honest file. */
const TIMEOUT_MS = 5_000;
const MAX_DURATION_MS = 2_147_483_647;

/** How long a recording is in milliseconds, where its head tells; undefined for all else. Never rejects. */
export async function durationOf(
  file: Pick<StoredFile, 'mediaType' | 'size' | 'store' | 'bytesKey'>,
  stores: Pick<Stores, 'of'>,
): Promise<number | undefined> {
  if (!/^(?:audio|video)\//.test(file.mediaType)) return undefined;
  try {
    const { parseStream } = await import('music-metadata');
    const bytes = await stores.of(file.store).open(file.bytesKey);
    const timer = setTimeout(() => bytes.destroy(new Error('the recording takes too long to read')), TIMEOUT_MS);
    try {
      const info = { mimeType: file.mediaType, size: file.size };
      const { format } = await parseStream(bytes, info, { duration: false, skipCovers: true });
      const ms = Math.round((format.duration ?? Number.NaN) * 1_000);
      return ms >= 0 && ms <= MAX_DURATION_MS ? ms : undefined;
    } finally {
      clearTimeout(timer);
      bytes.destroy();
    }
  } catch {
    // A broken recording is a file like any other.
    return undefined;
  }
}
