import { defineProblems } from '@gaia/http-service/problem';

/** What search answers beside the problems of every service and of the token guard. */
export const problem = defineProblems({
  site_required: { status: 400, title: 'It is not said which site is to be searched' },
  query_too_complex: { status: 400, title: 'The query has too many words' },
  invalid_cursor: { status: 400, title: 'The cursor is not one of this search' },
  forbidden: { status: 403, title: 'This is not permitted to you' },
  query_too_slow: { status: 503, title: 'The query takes too long; make it more specific' },
});
