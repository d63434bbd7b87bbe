const MAX_LENGTH = 512;

/** A path of unreserved and sub-delimiter characters, and perhaps a query. No `%`: nothing hides in an encoding twice. */
const syntax = /^\/(?:[\w.~!$'()*+,;=:@-]|\/(?!\/))*(?:\?[\w.~!$'()*+,;=:@/?&%-]*)?$/;
const dotSegment = /\/\.{1,2}(?:\/|$|\?)/;
const encodedControl = /%(?:25)*(?:[01][0-9a-f]|7f|5c)/i;

/**
 * Where a browser may be led after it has signed in: a path of this site and nothing else, or undefined. Everything by
 * which a browser could be led elsewhere (RFC 9110 §10.2.2) is refused and not repaired: a second slash, a backslash (a
 * slash to browsers), a scheme, user information, a line break, a dot segment.
 */
export function readReturnPath(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > MAX_LENGTH) return undefined;
  if (!syntax.test(text) || text.startsWith('//')) return undefined;
  if (dotSegment.test(text) || encodedControl.test(text)) return undefined;
  return text;
}
