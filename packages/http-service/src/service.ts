import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController, type RawServerDefault } from 'fastify';
import type { Registry } from 'prom-client';
import { refuseUnsaidCaching } from './cache-default.ts';
import { answerClientError, refuseBadHeads } from './client-errors.ts';
import { closeBodies } from './closed-bodies.ts';
import { sendProblem } from './error-handler.ts';
import { registerGracefulShutdown } from './graceful-shutdown.ts';
import { type HealthCheck, registerHealth } from './health.ts';
import { rejectInvalidUnicode } from './invalid-unicode.ts';
import { takeJsonBodies } from './json-body.ts';
import { awaitBodiesOfSamePacket, lingeringResponses } from './lingering-close.ts';
import type { Logger } from './logger.ts';
import { registerMetrics } from './metrics.ts';
import { completeDocument } from './openapi/complete-document.ts';
import type { OpenApiDocument, SecurityScheme } from './openapi/document.ts';
import { problem } from './problem.ts';
import { logRequests, withLazyChildren } from './request-log.ts';
import { schemaCompilers } from './schema-compilers.ts';

/** A Fastify instance whose handlers are typed by their TypeBox schemas. */
export type Service = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface ServiceOptions {
  /** `auth`, `cms`, …: stands in logs and in the OpenAPI document. */
  readonly name: string;
  readonly description: string;
  /** Ways to authenticate beside the bearer token, for the OpenAPI document. */
  readonly securitySchemes?: Readonly<Record<string, SecurityScheme>>;
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly checks: readonly HealthCheck[];
  /** Addresses (or `loopback`, `uniquelocal`) whose forwarding headers are believed. */
  readonly trustedProxies: readonly string[];
  /** Largest body in bytes; 1 MiB if not said. */
  readonly bodyLimit?: number;
  /** Longest time for a request to arrive whole, in milliseconds; two minutes if not said. */
  readonly requestTimeoutMs?: number;
  /** How long a connection lives on after a response to a request whose body has not come whole; two seconds if not said. */
  readonly lingerMs?: number;
  /** Whether `/metrics` is served on this port; the gateway, being public, says no. */
  readonly serveMetrics?: boolean;
}

/** Longest time for the head of a request, and how often Node looks for requests that take too long: its defaults. */
const HEADERS_TIMEOUT_MS = 60_000;
const CHECK_EVERY_MS = 30_000;

/** A header that a caller may use as request id; anything else is replaced. */
const requestIdSyntax = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * The shell of every service: JSON in bounds, strict validation, problem+json for every error, request ids,
 * one log line a request, `/live`, `/ready`, `/metrics`, `/openapi.json`. Features are registered on the result.
 */
export async function createService(options: ServiceOptions): Promise<Service> {
  const requestTimeout = options.requestTimeoutMs ?? 120_000;
  const app = Fastify({
    loggerInstance: withLazyChildren(options.logger),
    bodyLimit: options.bodyLimit ?? 1024 * 1024,
    trustProxy: options.trustedProxies.length > 0 ? [...options.trustedProxies] : false,
    routerOptions: { maxParamLength: 256, ignoreTrailingSlash: false, caseSensitive: true },
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request_id' }),
    requestIdHeader: false,
    genReqId: (request) => requestIdOf(request.headers['x-request-id']),
    forceCloseConnections: 'idle',
    requestTimeout,
    connectionTimeout: 0,
    keepAliveTimeout: 72_000,
    return503OnClosing: false,
    frameworkErrors: sendProblem,
    clientErrorHandler: answerClientError,
    http: {
      ServerResponse: lingeringResponses(options.lingerMs),
      // Its own answer to a missing Host has no body; refuseBadHeads has one.
      requireHostHeader: false,
      requestTimeout,
      headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeout),
      connectionsCheckingInterval: Math.min(CHECK_EVERY_MS, requestTimeout),
    },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as Service;

  app.setErrorHandler(sendProblem);
  app.setNotFoundHandler((request, reply) => sendProblem(problem('route_not_found'), request, reply));
  const { validator, serializer } = schemaCompilers();
  app.setValidatorCompiler(validator as Parameters<Service['setValidatorCompiler']>[0]);
  app.setSerializerCompiler(serializer as Parameters<Service['setSerializerCompiler']>[0]);
  takeJsonBodies(app as unknown as FastifyInstance);
  closeBodies(app as unknown as FastifyInstance);
  rejectInvalidUnicode(app as unknown as FastifyInstance);
  refuseUnsaidCaching(app as unknown as FastifyInstance);
  registerGracefulShutdown(app as unknown as FastifyInstance);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  awaitBodiesOfSamePacket(app as unknown as FastifyInstance);
  refuseBadHeads(app as unknown as FastifyInstance);
  logRequests(app as unknown as FastifyInstance, options.logger);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: `Gaia ${options.name}`,
        description: options.description,
        version: '0.1.0',
        license: { name: 'MIT' },
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
          ...options.securitySchemes,
        },
      },
    },
    hideUntagged: true,
    transformObject: (made) =>
      'openapiObject' in made
        ? (completeDocument(made.openapiObject as OpenApiDocument) as object)
        : made.swaggerObject,
  });
  const bare = app as unknown as FastifyInstance;
  registerHealth(bare, options.checks);
  if (options.serveMetrics ?? true) registerMetrics(bare, options.metrics);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  return app;
}

function requestIdOf(header: string | string[] | undefined): string {
  return typeof header === 'string' && requestIdSyntax.test(header) ? header : randomUUID();
}
