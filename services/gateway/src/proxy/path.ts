import { problem as commonProblem } from '@gaia/http-service/problem';
import { problem } from '../errors.ts';

/** Longest request target in bytes. */
const MAX_TARGET = 8_192;

/** Segments of unreserved characters that do not begin with a dot: nearly every request, and nothing to look for. */
const plainPath = /^(?:\/[\w~@-][\w.~@-]*)+\/?$/;

/** RFC 3986 characters of a path; all else, spaces and raw backslashes included, is refused. */
const pathCharacters = /^\/[\w\-.~!$&'()*+,;=:@%/]*$/;

/** RFC 3986 §3.4, and the brackets, bars and quotes that browsers leave as they are. */
const queryCharacters = /^[\x21\x22\x24-\x7e]*$/;

/** An encoded slash, backslash or control character, however often it was encoded. */
const encodedSeparator = /%(?:25)*(?:2f|5c|[01][0-9a-f]|7f)/i;

/** `.` or `..` as a segment, also encoded or with a parameter (`..;x`), which some servers cut off. */
const dotSegment = /\/(?:\.|%(?:25)*2e){1,2}(?:[;/]|%(?:25)*3b|$)/i;

/**
 * Checks that a request target (path and query as they came) lies under `prefix`, whichever way a service
 * decodes it, so that no service is reached by the path of another.
 * Refuses: uri_too_long, invalid_path, route_not_found (the prefix itself was written in percent-encoding).
 */
export function checkTarget(target: string, prefix: string): void {
  if (target.length > MAX_TARGET) throw commonProblem('uri_too_long');
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  if (!path.startsWith(prefix)) throw commonProblem('route_not_found');
  if (queryStart >= 0 && !queryCharacters.test(target.slice(queryStart + 1))) throw problem('invalid_path');
  if (plainPath.test(path)) return;
  if (!pathCharacters.test(path) || path.includes('//') || encodedSeparator.test(path) || dotSegment.test(path)) {
    throw problem('invalid_path');
  }
}
