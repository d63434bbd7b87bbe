export interface ProblemKind {
  readonly status: number;
  /** The same for every problem of the code (RFC 9457 §3.1.3); what is special about one stands in its `detail`. */
  readonly title: string;
}

export type ProblemTable = Readonly<Record<string, ProblemKind>>;

export type SharedCode = keyof typeof sharedProblems;

/** The codes that more than one service answers with. A service's `errors.ts` holds those that are its own alone. */
export const sharedProblems = {
  bad_request: { status: 400, title: 'Invalid request' },
  malformed_json: { status: 400, title: 'Malformed JSON' },
  json_too_deep: { status: 400, title: 'JSON nested too deeply' },
  validation_failed: { status: 400, title: 'Validation failed' },
  request_aborted: { status: 400, title: 'Request aborted by the client' },
  host_missing: { status: 400, title: 'Missing Host header' },
  invalid_cursor: { status: 400, title: 'Invalid cursor' },
  unknown_field: { status: 400, title: 'Unknown field' },
  filter_invalid: { status: 400, title: 'Invalid filter' },
  sort_invalid: { status: 400, title: 'Invalid sort order' },
  token_missing: { status: 401, title: 'Authentication required' },
  token_malformed: { status: 401, title: 'Malformed token' },
  token_expired: { status: 401, title: 'Expired token' },
  token_invalid: { status: 401, title: 'Invalid token' },
  token_revoked: { status: 401, title: 'Revoked token' },
  insufficient_user_authentication: { status: 401, title: 'Recent authentication required' },
  insufficient_scope: { status: 403, title: 'Insufficient scope' },
  forbidden: { status: 403, title: 'Access denied' },
  route_not_found: { status: 404, title: 'Route not found' },
  site_not_found: { status: 404, title: 'Site not found' },
  request_timeout: { status: 408, title: 'Request timeout' },
  precondition_failed: { status: 412, title: 'Precondition failed' },
  version_conflict: { status: 412, title: 'Version conflict' },
  payload_too_large: { status: 413, title: 'Request body too large' },
  uri_too_long: { status: 414, title: 'URI too long' },
  unsupported_media_type: { status: 415, title: 'Unsupported media type' },
  expectation_failed: { status: 417, title: 'Unsupported Expect header' },
  rate_limited: { status: 429, title: 'Rate limit exceeded' },
  headers_too_large: { status: 431, title: 'Request headers too large' },
  internal_error: { status: 500, title: 'Internal server error' },
  unavailable: { status: 503, title: 'Service temporarily unavailable' },
  keys_unavailable: { status: 503, title: 'Verification keys unavailable' },
  revocations_stale: { status: 503, title: 'Revocations out of date' },
  cms_unavailable: { status: 503, title: 'Service cms unavailable' },
  assets_unavailable: { status: 503, title: 'Service assets unavailable' },
  search_unavailable: { status: 503, title: 'Service search unavailable' },
} as const satisfies ProblemTable;
