import { problem } from '@gaia/http-service/problem';
import type { Service } from '@gaia/http-service/service';

const MAX_FORM_BYTES = 16_384;
const checked = new Set(['on', 'true', '1']);

/** Lets a scope take the login as a form, with its check box as the boolean that JSON would have. */
export function takeLoginForms(scope: Pick<Service, 'addContentTypeParser'>): void {
  scope.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: MAX_FORM_BYTES },
    (_request, body, done) => {
      const fields = new URLSearchParams(String(body));
      const values: Record<string, unknown> = Object.create(null);
      for (const [name, value] of fields) {
        if (name in values) {
          done(problem('bad_request', { detail: 'A field of the form is there twice.' }));
          return;
        }
        if (name === 'remember') values[name] = checked.has(value);
        else if (value !== '') values[name] = value;
      }
      done(null, values);
    },
  );
}
