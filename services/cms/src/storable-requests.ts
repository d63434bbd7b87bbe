import { problem } from '@gaia/http-service/problem';
import type { Service } from '@gaia/http-service/service';
import { unstorablePath } from './values/storable-text.ts';

/** Refuses requests with text that PostgreSQL cannot hold, wherever it stands: 400 `validation_failed`. */
export function refuseUnstorableText(app: Service): void {
  app.addHook('preValidation', (request, _reply, done) => {
    const parts = {
      params: request.params,
      query: request.query,
      body: Buffer.isBuffer(request.body) ? undefined : request.body,
    };
    const path = unstorablePath(parts);
    if (path === undefined) return done();
    const at = path.toWellFormed().replaceAll('\u0000', '').slice(0, 200);
    const message = 'has a character that is none: NUL, or half of a surrogate pair';
    done(problem('validation_failed', { detail: `${at} ${message}.`, errors: [{ path: at, message }] }));
  });
}
