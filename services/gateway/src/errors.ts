import { defineProblems } from '@gaia/http-service/problem';

/** The gateway's own refusals, beside the common ones and those that it passes on from services. */
export const problem = defineProblems({
  invalid_host: { status: 400, title: 'Invalid Host header' },
  invalid_path: { status: 400, title: 'Invalid path' },
  duplicate_header: { status: 400, title: 'Duplicate header' },
  connection_header_refused: { status: 400, title: 'Invalid Connection header' },
  https_required: { status: 403, title: 'HTTPS required' },
  csrf_token_missing: { status: 403, title: 'Missing CSRF token' },
  csrf_token_invalid: { status: 403, title: 'Invalid CSRF token' },
  cross_site_refused: { status: 403, title: 'Cross-site request' },
  origin_not_registered: { status: 403, title: 'Origin not registered' },
  return_path_refused: { status: 400, title: 'Invalid return path' },
  sign_on_refused: { status: 403, title: 'Invalid site sign-on' },
  form_expired: { status: 403, title: 'Expired form' },
  account_session: { status: 403, title: 'Session limited to the account' },
  site_of_host: { status: 403, title: 'Session of another site' },
  request_too_slow: { status: 408, title: 'Request body too slow' },
  too_many_headers: { status: 431, title: 'Too many request headers' },
  upstream_failed: { status: 502, title: 'Upstream connection failed' },
  web_socket_refused: { status: 502, title: 'WebSocket refused by the upstream' },
  upstream_unavailable: { status: 503, title: 'Upstream unavailable' },
  upstream_timeout: { status: 504, title: 'Upstream timeout' },
});
