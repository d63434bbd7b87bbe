import { hash } from 'node:crypto';
import type { Format } from './ladder.ts';
import { keyOf, requestOf, type Transformation, type VariantRequest } from './transformation.ts';

/** Goes up with every change of how variants look, so that an address stands for one series of bytes for good. */
const RENDERING = 1;
const DIGEST_LENGTH = 16;

const extensions: Readonly<Record<Format, string>> = {
  avif: 'avif',
  webp: 'webp',
  jpeg: 'jpg',
  png: 'png',
  gif: 'gif',
};

/** What is needed of a file to address its variants. */
export interface AddressedFile {
  readonly id: string;
  /** Of the bytes, hexadecimal. */
  readonly sha256: string;
  readonly fileName: string;
}

export interface VariantAddress {
  readonly request: VariantRequest;
  readonly key: string;
  readonly digest: string;
  readonly format: Format;
}

/** Of the bytes of the original and of how the variant is made from them. It is no secret: who reads the file can work it out. */
export function variantDigest(sha256: string, key: string): string {
  return hash('sha256', `${RENDERING} ${sha256} ${key}`, 'hex').slice(0, DIGEST_LENGTH);
}

/** `/assets/<id>/<key>-<digest>/<name>.<extension>`: names one variant in one format, for as long as the bytes are the same. */
export function variantPath(file: AddressedFile, transformation: Transformation, format: Format): string {
  const key = keyOf(transformation);
  return `/assets/${file.id}/${key}-${variantDigest(file.sha256, key)}/${slugOf(file.fileName)}.${extensions[format]}`;
}

/** Reads the last two segments of such a path; undefined for what is none. The name is for people alone. */
export function readVariantPath(hashed: string, name: string): VariantAddress | undefined {
  const end = hashed.lastIndexOf('-');
  const key = hashed.slice(0, end);
  const digest = hashed.slice(end + 1);
  const request = requestOf(key);
  const extension = /^[\w-]{1,100}\.([a-z]+)$/.exec(name)?.[1];
  const format = (Object.keys(extensions) as Format[]).find((one) => extensions[one] === extension);
  if (request === undefined || format === undefined || !/^[0-9a-f]{16}$/.test(digest)) return undefined;
  return { request, key, digest, format };
}

/** The name of a variant as it is offered for saving. */
export function variantFileName(fileName: string, format: Format): string {
  return `${stemOf(fileName)}.${extensions[format]}`;
}

function stemOf(fileName: string): string {
  const dot = fileName.lastIndexOf('.');
  return dot > 0 ? fileName.slice(0, dot) : fileName;
}

/** Letters, digits and hyphens, because addresses are copied and logged. */
function slugOf(fileName: string): string {
  const plain = stemOf(fileName).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
  return slug === '' ? 'image' : slug;
}
