import { defineProblems, Problem } from '@gaia/http-service/problem';

/** The problems of this service, beside those that every service has. */
export const problem = defineProblems({
  forbidden: { status: 403, title: 'This is not permitted to you' },
  type_not_found: { status: 404, title: 'There is no such content type' },
  type_exists: { status: 409, title: 'The site has a content type of this or too similar a name' },
  type_in_use: { status: 409, title: 'There are entries of this content type' },
  too_many_types: { status: 409, title: 'The site has as many content types as it can have' },
  entry_not_found: { status: 404, title: 'There is no such entry' },
  entry_too_large: { status: 413, title: 'The fields of the entry are too large' },
  value_not_unique: { status: 409, title: 'Another entry has a value that must be unique' },
  version_conflict: { status: 412, title: 'It was changed since it was read' },
  busy: { status: 503, title: 'Too much is happening at once; try again' },
  unknown_field: { status: 400, title: 'There is no such field' },
  filter_invalid: { status: 400, title: 'The filter is not usable' },
  sort_invalid: { status: 400, title: 'The sort order is not usable' },
  invalid_cursor: { status: 400, title: 'The cursor does not lead on from anywhere here' },
});

/** 403 `insufficient_scope` with the permission that would have been needed (RFC 6750 §3.1). */
export function insufficientScope(scope: string): Problem {
  return new Problem('insufficient_scope', {
    status: 403,
    title: 'The access token does not permit this',
    detail: `Needed: ${scope}.`,
    headers: {
      'www-authenticate':
        'Bearer realm="gaia", error="insufficient_scope", ' +
        `error_description="the token does not have the needed scope", scope="${scope}"`,
    },
  });
}
