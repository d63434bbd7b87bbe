import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import { copyFile, mkdtemp, rename, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { type S3Credentials, verifySignature } from './s3-signature.ts';

export interface S3Server extends S3Credentials {
  readonly url: string;
  readonly bucket: string;
  readonly region: string;
  /** Keys of its objects, and those of the multipart uploads under way. */
  objects(): readonly string[];
  uploads(): readonly string[];
  /** Requests so far, as `PUT` or `POST ?uploads`. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

interface Multipart {
  readonly key: string;
  readonly initiated: Date;
}

class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/**
 * A small S3 on 127.0.0.1 with one bucket, addressed by path, on disk: what the stores use of it, signatures included.
 * No parts under 5 MiB but the last, as the real one.
 */
export async function startS3Server(options: { readonly now?: () => number } = {}): Promise<S3Server> {
  const now = options.now ?? Date.now;
  const directory = await mkdtemp(join(tmpdir(), 'gaia-s3-'));
  const bucket = 'gaia-test';
  const credentials = { accessKeyId: 'test-key', secretAccessKey: randomUUID() };
  const multiparts = new Map<string, Multipart>();
  const requests: string[] = [];
  mkdirSync(join(directory, 'objects'));

  const objectPath = (key: string) => join(directory, 'objects', encodeURIComponent(key));
  const partPath = (uploadId: string, part: number) => join(directory, uploadId, String(part).padStart(5, '0'));
  const keys = () => readdirSync(join(directory, 'objects')).map(decodeURIComponent).toSorted();
  const tagOf = (path: string) =>
    `"${createHash('md5')
      .update(`${path}${statSync(path).size}`)
      .digest('hex')}"`;

  function existing(key: string): string {
    if (!existsSync(objectPath(key))) throw new S3Error(404, 'NoSuchKey');
    return objectPath(key);
  }

  /** At once and whole, as S3 has it. */
  async function store(request: IncomingMessage, path: string, bodySha256: string): Promise<void> {
    const temporary = join(directory, randomUUID());
    const hash = createHash('sha256');
    await pipeline(
      request,
      async function* (source: AsyncIterable<Buffer>) {
        for await (const chunk of source) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(temporary),
    );
    if (/^[0-9a-f]{64}$/.test(bodySha256) && hash.digest('hex') !== bodySha256) {
      await rm(temporary);
      throw new S3Error(400, 'XAmzContentSHA256Mismatch');
    }
    await rename(temporary, path);
  }

  async function putObject(request: IncomingMessage, key: string, query: URLSearchParams, digest: string) {
    const uploadId = query.get('uploadId');
    if (uploadId !== null && !multiparts.has(uploadId)) throw new S3Error(404, 'NoSuchUpload');
    const path = uploadId === null ? objectPath(key) : partPath(uploadId, Number(query.get('partNumber')));
    const source = request.headers['x-amz-copy-source'];
    if (typeof source !== 'string') {
      await store(request, path, digest);
      return { headers: { etag: tagOf(path) } };
    }
    const from = existing(decodeURIComponent(source).replace(`${bucket}/`, ''));
    const range = /^bytes=(\d+)-(\d+)$/.exec(String(request.headers['x-amz-copy-source-range'] ?? ''));
    if (range === null) await copyFile(from, path);
    else
      await pipeline(
        createReadStream(from, { start: Number(range[1]), end: Number(range[2]) }),
        createWriteStream(path),
      );
    return { xml: `<CopyResult><ETag>${xmlText(tagOf(path))}</ETag></CopyResult>` };
  }

  async function postObject(request: IncomingMessage, key: string, query: URLSearchParams) {
    if (query.has('uploads')) {
      const uploadId = randomUUID();
      multiparts.set(uploadId, { key, initiated: new Date(now()) });
      mkdirSync(join(directory, uploadId));
      return { xml: `<InitiateMultipartUploadResult><UploadId>${uploadId}</UploadId></InitiateMultipartUploadResult>` };
    }
    const uploadId = query.get('uploadId') ?? '';
    if (!multiparts.has(uploadId)) throw new S3Error(404, 'NoSuchUpload');
    const listed = [...(await text(request)).matchAll(/<Part>(.*?)<\/Part>/gs)].map(([, part = '']) => ({
      path: partPath(uploadId, Number(/<PartNumber>(\d+)</.exec(part)?.[1])),
      etag: /<ETag>(.*?)</.exec(part)?.[1]?.replaceAll('&quot;', '"'),
    }));
    for (const { path, etag } of listed) {
      if (!existsSync(path) || tagOf(path) !== etag) throw new S3Error(400, 'InvalidPart');
      if (statSync(path).size < 5 * 1024 * 1024 && path !== listed.at(-1)?.path)
        throw new S3Error(400, 'EntityTooSmall');
    }
    const whole = join(directory, randomUUID());
    for (const { path } of listed) await pipeline(createReadStream(path), createWriteStream(whole, { flags: 'a' }));
    await rename(whole, objectPath(key));
    forget(uploadId);
    return { xml: '<CompleteMultipartUploadResult></CompleteMultipartUploadResult>' };
  }

  function forget(uploadId: string): void {
    multiparts.delete(uploadId);
    rmSync(join(directory, uploadId), { recursive: true, force: true });
  }

  function getObject(request: IncomingMessage, key: string, query: URLSearchParams) {
    const path = existing(key);
    const { size } = statSync(path);
    const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
    const start = Number(range?.[1] ?? 0);
    const end = Math.min(Number(range?.[2] ?? size - 1), size - 1);
    if (range !== null && start >= size) throw new S3Error(416, 'InvalidRange');
    const headers = {
      etag: tagOf(path),
      'content-length': String(size === 0 ? 0 : end - start + 1),
      ...(range !== null && { 'content-range': `bytes ${start}-${end}/${size}` }),
      ...(query.has('response-content-type') && { 'content-type': query.get('response-content-type') ?? '' }),
      ...(query.has('response-content-disposition') && {
        'content-disposition': query.get('response-content-disposition') ?? '',
      }),
    };
    const body = request.method === 'GET' && size > 0 ? createReadStream(path, { start, end }) : undefined;
    return { status: range === null ? 200 : 206, headers, body };
  }

  function deleteObject(key: string, query: URLSearchParams) {
    const uploadId = query.get('uploadId');
    if (uploadId === null) rmSync(objectPath(key), { force: true });
    else if (multiparts.has(uploadId)) forget(uploadId);
    else throw new S3Error(404, 'NoSuchUpload');
    return { status: 204 };
  }

  function listBucket(query: URLSearchParams) {
    const prefix = query.get('prefix') ?? '';
    if (query.has('uploads')) {
      const found = [...multiparts].filter(([, { key }]) => key.startsWith(prefix));
      const items = found.map(
        ([id, { key, initiated }]) =>
          `<Upload><Key>${xmlText(key)}</Key><UploadId>${id}</UploadId><Initiated>${initiated.toISOString()}</Initiated></Upload>`,
      );
      return { xml: `<ListMultipartUploadsResult>${items.join('')}</ListMultipartUploadsResult>` };
    }
    const items = keys()
      .filter((key) => key.startsWith(prefix))
      .map((key) => `<Contents><Key>${xmlText(key)}</Key></Contents>`);
    return { xml: `<ListBucketResult><IsTruncated>false</IsTruncated>${items.join('')}</ListBucketResult>` };
  }

  async function answer(request: IncomingMessage): Promise<Answer> {
    const url = new URL(request.url ?? '/', 'http://s3');
    const query = url.searchParams;
    requests.push(`${request.method}${query.has('uploads') ? ' ?uploads' : ''}`);
    const verified = verifySignature(request, credentials, now());
    if ('refused' in verified) throw new S3Error(403, verified.refused);
    const [, ofBucket, ...rest] = url.pathname.split('/').map(decodeURIComponent);
    const key = rest.join('/');
    if (ofBucket !== bucket) throw new S3Error(404, 'NoSuchBucket');
    if (key === '') return request.method === 'HEAD' ? {} : listBucket(query);
    if (request.method === 'PUT') return putObject(request, key, query, verified.bodySha256);
    if (request.method === 'POST') return postObject(request, key, query);
    if (request.method === 'DELETE') return deleteObject(key, query);
    return getObject(request, key, query);
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (found) => send(response, found),
      (error: unknown) => {
        const { status, code } = error instanceof S3Error ? error : { status: 500, code: 'InternalError' };
        request.resume();
        send(response, { status, xml: request.method === 'HEAD' ? undefined : `<Error><Code>${code}</Code></Error>` });
      },
    );
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  return {
    ...credentials,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    bucket,
    region: 'us-east-1',
    objects: keys,
    uploads: () => [...multiparts.values()].map(({ key }) => key),
    requests,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly xml?: string | undefined;
  readonly body?: NodeJS.ReadableStream | undefined;
}

function send(response: ServerResponse, { status = 200, headers = {}, xml, body }: Answer): void {
  response.writeHead(status, { ...(xml !== undefined && { 'content-type': 'application/xml' }), ...headers });
  if (body !== undefined) body.pipe(response);
  else response.end(xml);
}

function xmlText(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
