import type { Service } from '@gaia/http-service/service';

/**
 * Security headers on the gateway's own answers; a page sets its own policy before. Services' answers carry their own.
 * Referrer-Policy is not `no-referrer`: with that, browsers send `Origin: null` with forms.
 */
export function secureOwnAnswers(app: Service): void {
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (!reply.hasHeader('content-security-policy')) {
      reply.header('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
    }
    reply.header('x-content-type-options', 'nosniff');
    reply.header('x-frame-options', 'DENY');
    if (!reply.hasHeader('referrer-policy')) reply.header('referrer-policy', 'same-origin');
    reply.header('cross-origin-opener-policy', 'same-origin');
    done();
  });
}

const HSTS_SECONDS = 31_536_000;

/** RFC 6797 on every response, those of services too. Not for subdomains: they can be other people's sites. */
export function requireHttps(app: Service): void {
  app.addHook('onRequest', (_request, reply, done) => {
    reply.header('strict-transport-security', `max-age=${HSTS_SECONDS}`);
    done();
  });
}
