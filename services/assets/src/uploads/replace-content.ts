import type { Actor } from '@gaia/audit-log/actor';
import { Problem } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';
import { durationOf } from '../files/duration.ts';
import { type RemoveBytesDependencies, removeBytes } from '../files/remove-bytes.ts';
import { type StoredFile, undescribed } from '../files/stored-file.ts';
import { FileTooLarge, StorageError } from '../storage/file-store.ts';
import { charsetOf, mediaTypeOf } from './media-type.ts';
import type { UploadDependencies } from './upload.ts';

export interface NewContent {
  readonly source: AsyncIterable<Buffer>;
  readonly declaredType: string | undefined;
  readonly by: Actor;
  /** Throws if the file has changed meanwhile. */
  readonly refuse: (current: StoredFile) => void;
}

type ReplaceDependencies = UploadDependencies & RemoveBytesDependencies & { readonly maxBytes: number };

/**
 * Gives a file other bytes, at once: readers get the old ones or the new ones. Throws file_not_found, file_too_large, what a scanner
 * throws, site_quota_exceeded, storage_full, storage_unavailable.
 */
export async function replaceContent(
  deps: ReplaceDependencies,
  file: StoredFile,
  { source, declaredType, by, refuse }: NewContent,
): Promise<StoredFile> {
  const { files, images, stores, scanner, now } = deps;
  const store = stores.current;
  const bytes = { bytesKey: deps.randomId(), store: store.kind };
  const received = await store.receive(bytes.bytesKey, scanner.scanned(source), deps.maxBytes).catch((error) => {
    throw problemOf(error, deps.maxBytes);
  });
  try {
    const { size, sha256, head } = received;
    const whole = size === head.length;
    const mediaType = await mediaTypeOf(head, whole, declaredType);
    await files.announceBytes(bytes);
    await received.keep();
    const content = {
      ...bytes,
      ...undescribed,
      size,
      sha256,
      mediaType,
      charset: charsetOf(mediaType, head, whole, declaredType),
      durationMs: await durationOf({ ...bytes, mediaType, size }, stores),
      bytesChangedAt: new Date(now()),
    };
    let replaced = file;
    const changed = await files.change(
      file.id,
      (current) => {
        refuse(current);
        replaced = current;
        return { ...current, ...content, version: current.version + 1 };
      },
      {
        by,
        event: (before, after) => ({
          action: 'file.replace',
          site: after.site,
          target: after.id,
          details: { file_name: after.fileName, sha256_before: before.sha256, sha256: after.sha256, size: after.size },
        }),
      },
    );
    if (changed === undefined) throw problem('file_not_found');
    await removeBytes(deps, replaced);
    return await images.describe(changed, 'foreground');
  } catch (error) {
    await received.discard();
    // Whatever else fails can have changed the file: the sweeper knows then.
    if (error instanceof Problem) await removeBytes(deps, bytes);
    throw problemOf(error, deps.maxBytes);
  }
}

function problemOf(error: unknown, maxBytes: number): unknown {
  if (error instanceof FileTooLarge)
    return problem('file_too_large', { detail: `At most ${maxBytes} bytes are taken.` });
  return error instanceof StorageError ? problem(error.code, { cause: error.cause }) : error;
}
