import { isNotModified, isRangeOfCurrent } from '@gaia/http-service/conditional-requests';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../errors.ts';
import { StorageError } from '../storage/file-store.ts';
import type { Stores } from '../storage/stores.ts';
import { type ByteRange, byteRange } from './byte-range.ts';
import { bytesTag, deliveryHeaders, type Representation } from './delivery.ts';
import { storeAddress } from './store-address.ts';

export interface DeliveryDependencies {
  readonly stores: Pick<Stores, 'of'>;
  /** Whether a store that can gives the bytes by itself. */
  readonly redirects: boolean;
}

/** Answers a GET or HEAD whose caller may read the file. Throws precondition_failed, range_not_satisfiable, storage_unavailable. */
export async function deliver(
  file: Representation,
  { stores, redirects }: DeliveryDependencies,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const headers = deliveryHeaders(file);
  const tag = bytesTag(file);
  // To everybody the same, so that a shared cache needs one copy and not one of each caller.
  if (file.caching.kind === 'public') reply.removeHeader('vary');
  if (file.isNegotiated) addVary(reply, 'accept');
  // With all headers: the file may have another name by now, or be open to others (RFC 9111 §4.3.4).
  if (isNotModified(request, reply, tag, file.lastModified)) return reply.code(304).headers(headers).send();
  const asked = isRangeOfCurrent(textOf(request.headers['if-range']), tag) ? request.headers.range : undefined;
  const part = byteRange(asked, file.size);
  if (part === 'unsatisfiable') {
    throw problem('range_not_satisfiable', { headers: { 'content-range': `bytes */${file.size}` } });
  }
  if (redirects) {
    const location = await storeAddress(stores.of(file.store), file);
    if (location !== undefined) return reply.header('cache-control', 'no-store').redirect(location, 302);
  }
  const sendsBytes = request.method === 'GET' && file.size > 0;
  // Opened before anything of the answer is said: a store that is away is a problem document of its own.
  const bytes = sendsBytes ? await opened(stores, file, part === 'whole' ? undefined : part) : undefined;
  if (bytes === 'lost') {
    const { restore: _, ...restored } = (await file.restore?.()) ?? file;
    return deliver(restored, { stores, redirects }, request, reply);
  }
  reply.headers(headers).header('content-length', part === 'whole' ? file.size : part.end - part.start + 1);
  if (part !== 'whole') reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${file.size}`);
  return reply.send(bytes ?? (request.method === 'GET' ? Buffer.alloc(0) : undefined));
}

/** `lost` where the store has no such bytes and they can be made again. */
async function opened(stores: Pick<Stores, 'of'>, file: Representation, part: ByteRange | undefined) {
  try {
    return await stores.of(file.store).open(file.bytesKey, part);
  } catch (error) {
    if (error instanceof StorageError && error.isMissing && file.restore !== undefined) return 'lost';
    if (error instanceof StorageError) throw problem('storage_unavailable', { cause: error.cause });
    throw error;
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}

function addVary(reply: FastifyReply, name: string): void {
  const others = String(reply.getHeader('vary') ?? '');
  if (others.split(', ').includes(name)) return;
  reply.header('vary', others === '' ? name : `${others}, ${name}`);
}
