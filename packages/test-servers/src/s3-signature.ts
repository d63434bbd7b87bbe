import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();

/** Signature Version 4 of AWS, in the header or in the query. Gives the digest that the body must have, or why not. */
export function verifySignature(
  request: IncomingMessage,
  { accessKeyId, secretAccessKey }: S3Credentials,
  now: number,
): { readonly bodySha256: string } | { readonly refused: 'AccessDenied' | 'SignatureDoesNotMatch' } {
  const url = new URL(request.url ?? '/', 'http://s3');
  const inQuery = url.searchParams.get('X-Amz-Signature');
  const parts = inQuery === null ? headerParts(request) : queryParts(url.searchParams, now);
  if (parts === undefined) return { refused: 'AccessDenied' };
  const [keyId, day, region, service] = parts.credential.split('/');
  if (keyId !== accessKeyId) return { refused: 'AccessDenied' };
  const query = [...url.searchParams]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .toSorted();
  const headers = parts.signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  const canonical = [
    request.method,
    url.pathname,
    query.join('&'),
    headers.join(''),
    parts.signedHeaders.join(';'),
    parts.bodySha256,
  ].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', parts.date, scope, sha256(canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (signingKey, part) => hmac(signingKey, String(part)),
    `AWS4${secretAccessKey}`,
  );
  const expected = hmac(key, toSign).toString('hex');
  return expected === parts.signature ? { bodySha256: parts.bodySha256 } : { refused: 'SignatureDoesNotMatch' };
}

interface SignatureParts {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly bodySha256: string;
}

function headerParts({ headers }: IncomingMessage): SignatureParts | undefined {
  const match = /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(
    headers.authorization ?? '',
  );
  const [date, digest] = [headers['x-amz-date'], headers['x-amz-content-sha256']];
  if (match === null || typeof date !== 'string' || typeof digest !== 'string') return undefined;
  const [, credential = '', signedHeaders = '', signature = ''] = match;
  return { credential, signedHeaders: signedHeaders.split(';'), signature, date, bodySha256: digest };
}

function queryParts(query: URLSearchParams, now: number): SignatureParts | undefined {
  const part = (name: string) => query.get(`X-Amz-${name}`) ?? '';
  const date = part('Date');
  const signedAt = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!(now < signedAt + Number(part('Expires')) * 1_000)) return undefined;
  const signedHeaders = part('SignedHeaders').split(';');
  const common = { signedHeaders, date, bodySha256: 'UNSIGNED-PAYLOAD' };
  return { ...common, credential: part('Credential'), signature: part('Signature') };
}

/** RFC 3986, as the signature wants it. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);
}
