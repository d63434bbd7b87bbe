import { defineProblems } from '@gaia/http-service/problem';

/** The gateway's own refusals, beside the common ones and those that it passes on from services. */
export const problem = defineProblems({
  invalid_host: { status: 400, title: 'The Host header is not a host name' },
  invalid_path: { status: 400, title: 'The path has a part that is not passed on' },
  duplicate_header: { status: 400, title: 'A header that can be there once only is there twice' },
  connection_header_refused: { status: 400, title: 'The Connection header names a header that it must not' },
  https_required: { status: 403, title: 'Sessions need HTTPS' },
  csrf_token_missing: { status: 403, title: 'The request changes something and has no CSRF token' },
  csrf_token_invalid: { status: 403, title: 'The CSRF token is not the one of this session' },
  cross_site_refused: { status: 403, title: 'The request comes from another site' },
  too_many_headers: { status: 431, title: 'The request has too many headers' },
  rate_limited: { status: 429, title: 'Too many requests; wait a little' },
  upstream_failed: { status: 502, title: 'The service behind this path broke off' },
  upstream_unavailable: { status: 503, title: 'The service behind this path does not answer; try again' },
  upstream_timeout: { status: 504, title: 'The service behind this path took too long' },
});
