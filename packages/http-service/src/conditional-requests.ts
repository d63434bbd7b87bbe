import { hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from './problem.ts';

/** What `If-Match` asks of the current version: nothing, that there is one, or that it is one of some. */
export type ExpectedVersion = undefined | 'any' | readonly number[];

/** 132 bits of a digest, in base64url. */
const DIGEST_LENGTH = 22;
/** A tag whose version stands in front, and a version alone, which a client can make from the member `version`. */
const versionTag = /^"(\d{1,9})(?:\.[\w-]{1,64})?"$/;

/**
 * A strong validator (RFC 9110 §8.8.3) of what one reader is given: `"<digest>"`, or `"<version>.<digest>"` for what can
 * be changed with `If-Match`. The digest is of the content itself and not of what it is made from, so that two readers
 * who are given different things can never have the same validator, whatever the difference comes from.
 */
export function entityTag(content: string | object, version?: number): string {
  const text = typeof content === 'string' ? content : JSON.stringify(content);
  const digest = hash('sha256', text, 'base64url').slice(0, DIGEST_LENGTH);
  return version === undefined ? `"${digest}"` : `"${version}.${digest}"`;
}

/**
 * Sets `ETag`, and `Last-Modified` where there is such a time, and carries out the conditions of a GET or HEAD in the order of
 * RFC 9110 §13.2.2. True: the caller has the content already and gets 304. An `If-None-Match` that is no list of entity
 * tags, and a date that is none, is no condition: a caller who is sent too much loses nothing. Throws `precondition_failed`;
 * `validation_failed` for an `If-Match` that is no such list.
 */
export function isNotModified(request: FastifyRequest, reply: FastifyReply, tag: string, lastModified?: Date): boolean {
  const { 'if-match': match, 'if-none-match': noneMatch } = request.headers;
  const { 'if-unmodified-since': unmodifiedSince, 'if-modified-since': modifiedSince } = request.headers;
  if (match !== undefined) {
    if (!names(tagsOfIfMatch(match), tag, 'strong')) throw problem('precondition_failed');
  } else if (isAfter(lastModified, unmodifiedSince) === true) {
    throw problem('precondition_failed');
  }
  reply.header('etag', tag);
  if (lastModified !== undefined) reply.header('last-modified', lastModified.toUTCString());
  if (noneMatch !== undefined) return names(listedTags(noneMatch), tag, 'weak');
  return isAfter(lastModified, modifiedSince) === false;
}

/** RFC 9110 §5.6.7; the obsolete formats are no date here. */
const httpDate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/** Whether a time is after a date, in whole seconds; undefined where there is no such time or date. */
function isAfter(time: Date | undefined, date: string | undefined): boolean | undefined {
  if (time === undefined || date === undefined || !httpDate.test(date)) return undefined;
  const since = Date.parse(date);
  return Number.isNaN(since) ? undefined : Math.floor(time.getTime() / 1_000) * 1_000 > since;
}

/** `If-Range` (RFC 9110 §13.1.5), compared strongly; a date never fits, because two changes can have the same one. */
export function isRangeOfCurrent(header: string | undefined, tag: string): boolean {
  return header === undefined || header.trim() === tag;
}

/**
 * Reads the `If-Match` of a change (RFC 9110 §13.1.1). Only versions count: who reads more or less by now than when the
 * tag was given has missed no change of others. A tag that is not ours names no version, so it matches nothing. Weak tags
 * are taken as strong ones: a proxy that compresses makes ours weak, and versions count changes, not bytes.
 * Throws `validation_failed` for what is no list of entity tags: ignored, it would let a lost update through.
 */
export function readIfMatch(header: string | undefined): ExpectedVersion {
  if (header === undefined) return undefined;
  const tags = tagsOfIfMatch(header);
  if (tags === '*') return 'any';
  return tags.flatMap(({ opaque }) => {
    const version = versionTag.exec(opaque)?.[1];
    return version === undefined ? [] : [Number(version)];
  });
}

export function matches(expected: ExpectedVersion, version: number): boolean {
  return expected === undefined || expected === 'any' || expected.includes(version);
}

interface ListedTag {
  readonly isWeak: boolean;
  /** With its quotation marks. */
  readonly opaque: string;
}

/** An entity tag (RFC 9110 §8.8.3), or none: empty elements of a list are passed over (§5.6.1.2). */
const listElement = /(?:(W\/)?("[!#-~\x80-\xff]*")|(?=,|$))(?:[ \t]*,[ \t]*|$)/y;

/** The tags of a field value, which can hold commas themselves; undefined for what is no list of them. */
function listedTags(header: string): readonly ListedTag[] | '*' | undefined {
  const text = header.trim();
  if (text === '*') return '*';
  const tags: ListedTag[] = [];
  for (let from = 0; from < text.length; from = listElement.lastIndex) {
    listElement.lastIndex = from;
    const element = listElement.exec(text);
    if (element === null) return undefined;
    if (element[2] !== undefined) tags.push({ isWeak: element[1] !== undefined, opaque: element[2] });
  }
  return tags.length === 0 ? undefined : tags;
}

function tagsOfIfMatch(header: string): readonly ListedTag[] | '*' {
  const tags = listedTags(header);
  if (tags !== undefined) return tags;
  const message = 'must be a list of entity tags, or *';
  throw problem('validation_failed', {
    detail: `If-Match ${message}.`,
    errors: [{ path: '/headers/if-match', message }],
  });
}

/** RFC 9110 §8.8.3.2. */
function names(tags: readonly ListedTag[] | '*' | undefined, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (tags === '*') return true;
  return tags?.some(({ opaque, isWeak }) => opaque === tag && (comparison === 'weak' || !isWeak)) ?? false;
}
