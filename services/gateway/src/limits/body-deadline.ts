import type { Service } from '@gaia/http-service/service';
import { problem } from '../errors.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body goes through as a stream, and is held to a pace and not to a time. */
    streamed?: true;
  }
}

/** Forms and JSON are small: a body that has not come whole by then is not meant to. */
const DEADLINE_MS = 15_000;

/** Answers request_too_slow where a body for the gateway itself comes drop by drop. */
export function limitBodyTime(app: Service, deadlineMs = DEADLINE_MS): void {
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.routeOptions.config.streamed !== true && !request.raw.complete) {
      // To destroy the stream would tear the connection down before the response is on its way.
      const timer = setTimeout(() => payload.emit('error', problem('request_too_slow')), deadlineMs);
      timer.unref();
      for (const event of ['end', 'close', 'error'] as const) payload.once(event, () => clearTimeout(timer));
    }
    done(null, payload);
  });
}
