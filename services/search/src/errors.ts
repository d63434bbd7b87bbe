import { defineProblems } from '@gaia/http-service/problem';

/** What search answers beside the problems of every service and of the token guard. */
export const problem = defineProblems({
  site_required: { status: 400, title: 'Missing site' },
  query_too_complex: { status: 400, title: 'Query too complex' },
  query_too_slow: { status: 503, title: 'Query timeout' },
});
