import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { Problem } from '@gaia/http-service/problem';
import type { Identity } from '@gaia/tokens/identity';
import { Server } from '@tus/server';
import type { Locker, Upload } from '@tus/utils';
import type { FastifyRequest } from 'fastify';
import { problem } from '../../errors.ts';
import type { Quotas } from '../../files/quotas.ts';
import type { StoredFile } from '../../files/stored-file.ts';
import { type FinishDependencies, finishUpload } from './finish-upload.ts';
import type { ResumableUpload } from './resumable-uploads.ts';
import { tusProblem } from './tus-problems.ts';
import { readUploadMetadata } from './upload-metadata.ts';
import { UploadStore } from './upload-store.ts';

export const UPLOADS_PATH = '/assets/uploads';

export interface TusDependencies extends FinishDependencies {
  readonly quotas: Quotas;
  readonly locker: Locker;
  readonly writing: Map<string, Promise<unknown>>;
  readonly randomId: () => string;
  readonly maxBytes: number;
  readonly lifetimeMs: number;
  /** Of an account in a site. */
  readonly mostUnfinished: number;
}

/** Whose request it is; the site of a new upload. */
interface TusCaller {
  readonly identity: Pick<Identity, 'subject' | 'site'> | undefined;
  readonly site?: string;
}

export interface TusResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Tus {
  /** Answers a request of tus 1.0.0. Throws Problems. */
  answer(request: FastifyRequest, caller: TusCaller): Promise<TusResponse>;
}

export function createTus(deps: TusDependencies): Tus {
  const { uploads, stores, quotas, now, randomId, maxBytes, lifetimeMs } = deps;
  /** A client asks how far an upload is while its last request is still being finished. */
  const finishing = new Map<string, Promise<StoredFile>>();

  function finish(upload: ResumableUpload): Promise<StoredFile> {
    const known = finishing.get(upload.id);
    if (known !== undefined) return known;
    const finished = finishUpload(deps, upload).finally(() => finishing.delete(upload.id));
    finishing.set(upload.id, finished);
    return finished;
  }

  /** Of others, and of other sites, nothing is told. */
  async function ownUpload(id: string, { identity }: TusCaller): Promise<ResumableUpload> {
    const isId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id);
    const upload = isId ? await uploads.find(id) : undefined;
    if (upload === undefined || upload.subject !== identity?.subject || upload.site !== identity.site) {
      throw problem('upload_not_found');
    }
    if (upload.expiresAt.getTime() <= now()) throw problem('upload_expired');
    return upload;
  }

  async function begin({ id, size = 0 }: Upload, metadataHeader: string | undefined, caller: TusCaller): Promise<void> {
    const { identity, site = '' } = caller;
    if (identity === undefined) throw problem('forbidden');
    const { fileName, declaredType, rule, sha256 } = readUploadMetadata(metadataHeader);
    await quotas.refuseOver(site, size);
    const added = await uploads.add(
      {
        id,
        site,
        subject: identity.subject,
        fileName: (fileName ?? '').slice(0, 1_000).toWellFormed().replaceAll('\0', ''),
        declaredType,
        rule,
        sha256,
        metadata: metadataHeader,
        length: size,
        received: { size: 0 },
        store: stores.current.kind,
        createdAt: new Date(now()),
        expiresAt: new Date(now() + lifetimeMs),
        isFinished: false,
      },
      deps.mostUnfinished,
    );
    if (!added) {
      const detail = `At most ${deps.mostUnfinished} uploads of an account can be under way. Finish or delete one of them.`;
      throw problem('too_many_uploads', { detail });
    }
  }

  return {
    async answer(request, caller) {
      const metadata = textOf(request.headers['upload-metadata']);
      const find = (id: string) => ownUpload(id, caller);
      let thrown: unknown;
      const server = new Server({
        path: UPLOADS_PATH,
        datastore: new UploadStore(
          {
            uploads,
            stores,
            find,
            digests: deps.digests,
            writing: deps.writing,
            begin: (upload) => begin(upload, metadata, caller),
          },
          lifetimeMs,
        ),
        locker: deps.locker,
        maxSize: maxBytes,
        namingFunction: randomId,
        generateUrl: (_request, { id }) => `${UPLOADS_PATH}/${id}`,
        onIncomingRequest: async (_request, id) => {
          if (request.method !== 'POST') await find(id);
        },
        onUploadFinish: async (_request, { id }) => {
          const file = await finish(await find(id));
          return { headers: { 'content-location': `/assets/${file.id}` } };
        },
        onResponseError: (_request, error) => {
          thrown = error;
          return undefined;
        },
      });
      const response = await server.handleWeb(webRequest(request));
      if (response.status >= 400) throw errorOf(thrown) ?? tusProblem(await response.text());
      const headers = Object.fromEntries(
        // Which pages may read it, the gateway says (ADR 0013).
        [...response.headers].filter(([name]) => !name.startsWith('access-control-') && name !== 'content-length'),
      );
      if (request.method !== 'HEAD') return { status: response.status, headers };
      const upload = await find(String(request.url.split(/[/?]/)[3]));
      // Its last request may have ended before the file was made.
      if (upload.received.size === upload.length) headers['content-location'] = `/assets/${(await finish(upload)).id}`;
      if (upload.metadata !== undefined) headers['upload-metadata'] = upload.metadata;
      return { status: response.status, headers };
    },
  };
}

/** Of what was thrown within, what is no word of @tus/server's own. */
function errorOf(thrown: unknown): unknown {
  if (thrown instanceof Problem) return thrown;
  const { status_code: status } = (thrown ?? {}) as { status_code?: number };
  return status === undefined ? thrown : undefined;
}

function webRequest({ raw, method, headers, body }: FastifyRequest): Request {
  const hasBody = body instanceof Readable;
  return new Request(`http://assets${raw.url}`, {
    method,
    headers: Object.entries(headers).map(([name, value]) => [name, textOf(value) ?? '']),
    ...(hasBody && { body: Readable.toWeb(body) as ReadableStream, duplex: 'half' }),
  } as RequestInit);
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}
