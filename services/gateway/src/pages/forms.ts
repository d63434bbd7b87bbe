import { problem } from '@gaia/http-service/problem';
import type { FastifyInstance } from 'fastify';

/** What a person has filled in: every field once, as text. */
export type Filled = Readonly<Record<string, string | undefined>>;

const MAX_FORM_BYTES = 16_384;
const MAX_FIELDS = 20;

/** Lets a scope take forms, and nothing else: what is not a form was not sent by a page of ours. */
export function takeForms(scope: FastifyInstance): void {
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => {
      const values: Record<string, string> = Object.create(null);
      for (const [name, value] of new URLSearchParams(String(body))) {
        if (name in values || Object.keys(values).length >= MAX_FIELDS) {
          done(problem('bad_request', { detail: 'A field of the form is there twice, or there are too many.' }));
          return;
        }
        values[name] = value;
      }
      done(null, values);
    },
  );
}
