import { defineProblems } from '@gaia/http-service/problem';

/** The gateway's own refusals, beside the common ones and those that it passes on from services. */
export const problem = defineProblems({
  invalid_host: { status: 400, title: 'The Host header is not a host name' },
  invalid_path: { status: 400, title: 'The path has a part that is not passed on' },
  duplicate_header: { status: 400, title: 'A header that can be there once only is there twice' },
  connection_header_refused: { status: 400, title: 'The Connection header names a header that it must not' },
  token_missing: { status: 401, title: 'Nobody is signed in' },
  https_required: { status: 403, title: 'Sessions need HTTPS' },
  csrf_token_missing: { status: 403, title: 'The request changes something and has no CSRF token' },
  csrf_token_invalid: { status: 403, title: 'The CSRF token is not the one of this session' },
  cross_site_refused: { status: 403, title: 'The request comes from another site' },
  origin_not_registered: { status: 403, title: 'The site has not registered this origin' },
  return_path_refused: { status: 400, title: 'Only a path of this site can be returned to' },
  sign_on_refused: { status: 403, title: 'This sign-on cannot be used here' },
  form_expired: { status: 403, title: 'The form was open for too long, or is not from here' },
  account_session: { status: 403, title: 'Session is good for the account only' },
  site_of_host: { status: 403, title: 'Sessions at this address are for its own site' },
  site_not_found: { status: 404, title: 'There is no such site' },
  request_too_slow: { status: 408, title: 'The body comes too slowly' },
  too_many_headers: { status: 431, title: 'The request has too many headers' },
  rate_limited: { status: 429, title: 'Too many requests; wait a little' },
  upstream_failed: { status: 502, title: 'The service behind this path broke off' },
  web_socket_refused: { status: 502, title: 'The service behind this path takes no WebSocket' },
  upstream_unavailable: { status: 503, title: 'The service behind this path does not answer; try again' },
  upstream_timeout: { status: 504, title: 'The service behind this path took too long' },
});
