import swaggerUi from '@fastify/swagger-ui';
import type { Service } from '@gaia/http-service/service';
import type { FastifyRequest } from 'fastify';

/** Nothing from elsewhere and no inline script; Swagger UI sets styles on elements, which needs the one exception. */
const contentSecurityPolicy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** The bar asks for documents of elsewhere, which the policy above would not let in. */
const style = '.swagger-ui .topbar{display:none}';

interface PageRequest {
  readonly method?: string;
  readonly headers: Record<string, string>;
}

/** Runs in the page, so it uses nothing of this module: “Try it out” works for who is signed in. */
async function withCsrfToken(request: PageRequest): Promise<PageRequest> {
  const isSafe = ['GET', 'HEAD'].includes(request.method?.toUpperCase() ?? 'GET');
  if (isSafe || request.headers.Authorization !== undefined) return request;
  const response = await fetch('/session');
  const { csrf_token: token } = (await response.json()) as { csrf_token?: string };
  if (token !== undefined) request.headers['x-csrf-token'] = token;
  return request;
}

/** `/docs`: the suite's API to read and try, from files of our own; `/docs/openapi.json`: the document. */
export async function registerDocs(app: Service, suiteDocument: () => Promise<Record<string, unknown>>): Promise<void> {
  app.get('/docs/openapi.json', { schema: { hide: true } }, async (_request, reply) => {
    reply.header('cache-control', 'no-cache').header('access-control-allow-origin', '*');
    return suiteDocument();
  });
  const documents = new WeakMap<FastifyRequest, Record<string, unknown>>();
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: contentSecurityPolicy,
    theme: { title: 'Gaia: the API', css: [{ filename: 'gaia.css', content: style }] },
    uiConfig: {
      docExpansion: 'none',
      persistAuthorization: false,
      defaultModelsExpandDepth: -1,
      requestInterceptor: withCsrfToken as never,
    },
    uiHooks: {
      // The UI asks for `/docs/json`, whose content must be there before it is asked for: the hook brings it.
      onRequest: (request, _reply, done) => {
        if (!/\/(?:json|yaml)$/.test(request.routeOptions.url ?? '')) {
          done();
          return;
        }
        suiteDocument().then((document) => {
          documents.set(request, document);
          done();
        }, done);
      },
    },
    transformSpecificationClone: false,
    transformSpecification: (own, request) => documents.get(request) ?? own,
  });
}
