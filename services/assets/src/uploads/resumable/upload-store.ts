import type { Readable } from 'node:stream';
import { DataStore, Upload } from '@tus/utils';
import { problem } from '../../errors.ts';
import { CHUNK_BYTES, StorageError } from '../../storage/file-store.ts';
import type { Stores } from '../../storage/stores.ts';
import type { ResumableUpload, ResumableUploads } from './resumable-uploads.ts';
import type { RunningDigests } from './running-digests.ts';

export interface UploadStoreDependencies {
  readonly uploads: ResumableUploads;
  readonly stores: Stores;
  /** An upload that the caller may go on with. Throws upload_not_found, upload_expired. */
  readonly find: (id: string) => Promise<ResumableUpload>;
  /** Keeps a new upload. */
  readonly begin: (upload: Upload) => Promise<void>;
  readonly digests: RunningDigests;
  /** What is being written, by the id of its upload. */
  readonly writing: Map<string, Promise<unknown>>;
}

/** What @tus/server needs to know of uploads and does with them, for one request. */
export class UploadStore extends DataStore {
  override extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
  readonly #deps: UploadStoreDependencies;
  readonly #lifetimeMs: number;

  constructor(deps: UploadStoreDependencies, lifetimeMs: number) {
    super();
    this.#deps = deps;
    this.#lifetimeMs = lifetimeMs;
  }

  override getExpiration(): number {
    return this.#lifetimeMs;
  }

  override async create(upload: Upload): Promise<Upload> {
    await this.#deps.begin(upload);
    return upload;
  }

  override async getUpload(id: string): Promise<Upload> {
    const { length, received, createdAt } = await this.#deps.find(id);
    return new Upload({ id, size: length, offset: received.size, creation_date: createdAt.toISOString() });
  }

  override async remove(id: string): Promise<void> {
    await removeUpload(this.#deps, await this.#deps.find(id));
  }

  override write(source: Readable, id: string): Promise<number> {
    const written = this.#write(source, id);
    this.#deps.writing.set(
      id,
      written.catch(() => undefined).finally(() => this.#deps.writing.delete(id)),
    );
    return written;
  }

  /** Chunk by chunk; of a request that breaks off, what has come is kept. */
  async #write(source: Readable, id: string): Promise<number> {
    const { uploads, stores, find, digests } = this.#deps;
    const upload = await find(id);
    const { chunks } = stores.of(upload.store);
    let { received } = upload;
    let waiting: Buffer[] = [];
    let waitingBytes = 0;

    async function flush(): Promise<void> {
      const chunk = Buffer.concat(waiting, waitingBytes);
      [waiting, waitingBytes] = [[], 0];
      const after = await storing(() => chunks.append(id, received, chunk));
      if (!(await uploads.count(id, received, after))) throw problem('upload_offset_conflict');
      digests.add(id, received.size, chunk);
      received = after;
    }

    try {
      for await (const chunk of source) {
        waiting.push(chunk);
        waitingBytes += chunk.length;
        if (waitingBytes >= CHUNK_BYTES) await flush();
      }
    } finally {
      if (waitingBytes > 0) await flush();
    }
    return received.size;
  }
}

/** Forgets an upload and the bytes that it has brought; a file that it has become stays. */
export async function removeUpload(
  { uploads, stores }: Pick<UploadStoreDependencies, 'uploads' | 'stores'>,
  { id, store, received, isFinished }: ResumableUpload,
): Promise<void> {
  if (!isFinished) {
    await storing(async () => {
      await stores.of(store).chunks.abort(id, received);
      await stores.of(store).remove(id);
    });
  }
  await uploads.remove(id);
}

/** Throws storage_full, storage_unavailable. */
export async function storing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StorageError) throw problem(error.code, { cause: error.cause });
    throw error;
  }
}
