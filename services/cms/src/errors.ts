import { defineProblems, Problem } from '@gaia/http-service/problem';

/** The problems of this service, beside those that every service has. */
export const problem = defineProblems({
  forbidden: { status: 403, title: 'This is not permitted to you' },
  field_not_readable: { status: 403, title: 'The query names a field that is not readable to you' },
  field_not_writable: { status: 403, title: 'The change names a field that is not writable to you' },
  too_many_access_rules: { status: 409, title: 'The site has as many different access rules as it can have' },
  product_not_found: { status: 404, title: 'There is no such product' },
  product_exists: { status: 409, title: 'The site has a product of this id' },
  too_many_products: { status: 409, title: 'The site has as many products as it can have' },
  product_in_use: { status: 409, title: 'Entries ask for this product, or somebody holds it' },
  site_missing: { status: 400, title: 'The request does not say for which site it is' },
  webhook_not_found: { status: 404, title: 'There is no such webhook endpoint' },
  too_many_webhooks: { status: 409, title: 'The site has as many webhook endpoints as it can have' },
  webhook_refused: { status: 401, title: 'The message is not proven to come from its sender' },
  webhook_message_refused: { status: 422, title: 'The message cannot be acted upon' },
  rate_limited: { status: 429, title: 'Too many requests; try again later' },
  type_not_found: { status: 404, title: 'There is no such content type' },
  type_exists: { status: 409, title: 'The site has a content type of this or too similar a name' },
  type_in_use: { status: 409, title: 'There are entries of this content type' },
  too_many_types: { status: 409, title: 'The site has as many content types as it can have' },
  entry_not_found: { status: 404, title: 'There is no such entry' },
  entry_too_large: { status: 413, title: 'The fields of the entry are too large' },
  value_not_unique: { status: 409, title: 'Another entry has a value that must be unique' },
  version_conflict: { status: 412, title: 'It was changed since it was read' },
  busy: { status: 503, title: 'Too much is happening at once; try again' },
  file_not_readable: { status: 422, title: 'The entry names a file that is not readable to you' },
  unknown_field: { status: 400, title: 'There is no such field' },
  filter_invalid: { status: 400, title: 'The filter is not usable' },
  sort_invalid: { status: 400, title: 'The sort order is not usable' },
  invalid_cursor: { status: 400, title: 'The cursor does not lead on from anywhere here' },
});

/** 403 `field_not_readable`, naming the field: it is no secret that it exists, since the type shows it. */
export function unreadableField(name: string): Problem {
  return problem('field_not_readable', {
    detail: `The field ${name} is readable to other roles only.`,
    extensions: { field: name },
  });
}

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
