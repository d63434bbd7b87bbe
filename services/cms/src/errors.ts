import { defineProblems, type Problem } from '@gaia/http-service/problem';

/** The problems of this service, beside those that every service has. */
export const problem = defineProblems({
  field_not_readable: { status: 403, title: 'Field not readable' },
  field_not_writable: { status: 403, title: 'Field not writable' },
  too_many_access_rules: { status: 409, title: 'Access rule limit reached' },
  product_not_found: { status: 404, title: 'Product not found' },
  product_exists: { status: 409, title: 'Product already exists' },
  too_many_products: { status: 409, title: 'Product limit reached' },
  product_in_use: { status: 409, title: 'Product in use' },
  site_missing: { status: 400, title: 'Missing site' },
  webhook_not_found: { status: 404, title: 'Webhook endpoint not found' },
  too_many_webhooks: { status: 409, title: 'Webhook endpoint limit reached' },
  webhook_refused: { status: 401, title: 'Unauthenticated webhook message' },
  webhook_message_refused: { status: 422, title: 'Webhook message not applicable' },
  introspection_forbidden: { status: 403, title: 'Introspection not permitted' },
  type_not_found: { status: 404, title: 'Content type not found' },
  type_exists: { status: 409, title: 'Content type already exists' },
  type_in_use: { status: 409, title: 'Content type in use' },
  too_many_types: { status: 409, title: 'Content type limit reached' },
  entry_not_found: { status: 404, title: 'Entry not found' },
  entry_in_use: { status: 409, title: 'Entry in use' },
  references_unpublished: { status: 409, title: 'Unpublished references' },
  entry_too_large: { status: 413, title: 'Entry too large' },
  value_not_unique: { status: 409, title: 'Value is not unique' },
  busy: { status: 503, title: 'Server busy' },
  query_too_expensive: { status: 503, title: 'Query too expensive' },
  file_not_readable: { status: 422, title: 'File not readable' },
  expansion_too_large: { status: 400, title: 'Expansion too large' },
  entry_incomplete: { status: 422, title: 'Entry incomplete' },
  integer_out_of_range: { status: 422, title: 'Integer out of range' },
});

/** 403 `field_not_readable`, naming the field: it is no secret that it exists, since the type shows it. */
export function unreadableField(name: string): Problem {
  return problem('field_not_readable', {
    detail: `The field ${name} is readable to other roles only.`,
    extensions: { field: name },
  });
}
