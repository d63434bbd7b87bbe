import type { Content } from './client.ts';
import { GaiaError } from './error.ts';
import type { CallOptions } from './http/http.ts';
import { withProgress } from './http/progress.ts';

/** A file as the API gives it. */
export interface StoredFile {
  readonly id: string;
  readonly site: string;
  readonly file_name: string;
  readonly media_type: string;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly visibility: 'public' | 'members' | 'products' | 'private';
  readonly products?: readonly string[];
  readonly version: number;
  readonly uploaded_by: string;
  readonly created_at: string;
  /** Path at the gateway. */
  readonly url: string;
}

export interface DownloadLink {
  /** Opens exactly this file, without an access token, until it expires. */
  readonly url: string;
  readonly expires_at: string;
  readonly expires_in: number;
}

export interface UploadOptions extends CallOptions {
  /** Name of the file; that of a File unless given. */
  readonly name?: string;
  readonly visibility?: StoredFile['visibility'];
  readonly products?: readonly string[];
  /** Told how many bytes of the file have been sent, of how many. */
  readonly onProgress?: (sent: number, total: number) => void;
}

export interface Files {
  /** Uploads a file; ten minutes at most unless `timeoutMs` says otherwise. Throws file_too_large, storage_full. */
  upload(file: Blob, options?: UploadOptions): Promise<StoredFile>;
  /** Throws file_not_found. */
  metadata(id: string, options?: CallOptions): Promise<StoredFile>;
  change(
    id: string,
    changes: {
      readonly file_name?: string;
      readonly visibility?: StoredFile['visibility'];
      readonly products?: readonly string[];
    },
    options?: CallOptions & { readonly ifVersion?: number },
  ): Promise<StoredFile>;
  delete(id: string, options?: CallOptions & { readonly force?: boolean }): Promise<void>;
  /** A link of five minutes for the caller's own eyes: `<img src>`, downloads. */
  link(id: string, options?: CallOptions): Promise<DownloadLink>;
}

const UPLOAD_MS = 600_000;

/** The files of the client's site. What this client has written is waited for. */
export function createFiles({
  http,
  site,
  writes,
}: Pick<Content<Record<never, never>>, 'http' | 'site' | 'writes'>): Files {
  const pathOf = (id: string) => `/assets/${encodeURIComponent(id)}`;
  const query = () => ({ min_seq: writes.latest() });

  return {
    async upload(file, { name, visibility, products, onProgress, ...call } = {}) {
      if (site === undefined) throw new GaiaError('site_required', 'The client was made without a site');
      const form = new FormData();
      if (visibility !== undefined) form.append('visibility', visibility);
      if (products !== undefined) form.append('products', products.join(','));
      form.append('file', file, name ?? (file instanceof File ? file.name : 'file'));
      const transport = onProgress && { transport: withProgress(file.size, onProgress) };
      const path = `/assets/sites/${encodeURIComponent(site)}/files`;
      return (await http.call('POST', path, { timeoutMs: UPLOAD_MS, ...call, ...transport, body: form }))
        .body as StoredFile;
    },
    metadata: async (id, call) =>
      (await http.call('GET', `${pathOf(id)}/metadata`, { ...call, query: query() })).body as StoredFile,
    async change(id, json, { ifVersion, ...call } = {}) {
      const headers = { 'if-match': ifVersion === undefined ? undefined : `"${ifVersion}"` };
      return (await http.call('PATCH', pathOf(id), { ...call, json, headers })).body as StoredFile;
    },
    async delete(id, { force, ...call } = {}) {
      await http.call('DELETE', pathOf(id), { ...call, query: { ...query(), force: force || undefined } });
    },
    link: async (id, call) =>
      (await http.call('POST', `${pathOf(id)}/link`, { ...call, query: query() })).body as DownloadLink,
  };
}
