import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import type { Logger } from './logger.ts';

/** Levels of routes of which only what is amiss is logged. */
const quietLevels: ReadonlySet<string> = new Set(['warn', 'error', 'fatal', 'silent']);

/** One line a request: its id, method, path without the query (links carry tokens there), status, and milliseconds. */
export function logRequests(app: FastifyInstance, logger: Logger): void {
  // Nothing in these lines is secret; looking for what has to be cut out costs more than the line itself.
  const lines = logger.child({}, { redact: [] });
  app.addHook('onResponse', (request, reply, done) => {
    if (!quietLevels.has(request.routeOptions.logLevel ?? '')) {
      const queryAt = request.url.indexOf('?');
      const path = queryAt < 0 ? request.url : request.url.slice(0, queryAt);
      lines.info(
        {
          request_id: request.id,
          method: request.method,
          path: path.length > MAX_PATH ? path.slice(0, MAX_PATH) : path,
          status: reply.raw.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
        },
        'request',
      );
    }
    done();
  });
}

const MAX_PATH = 512;

/** The logger whose children are made when they have something to say: every request has one, few use it. */
export function withLazyChildren(logger: Logger): FastifyBaseLogger {
  return Object.create(logger, {
    child: { value: (...[bindings, options]: Parameters<Logger['child']>) => new LazyChild(logger, bindings, options) },
  }) as FastifyBaseLogger;
}

type Child = ReturnType<Logger['child']>;
type Arguments = readonly [unknown, ...unknown[]];

/** A class, because one is made for every request. */
class LazyChild {
  private own: Child | undefined;
  private readonly parent: Pick<Child, 'child'>;
  private readonly bindings: Parameters<Logger['child']>[0];
  private readonly options: Parameters<Logger['child']>[1];

  constructor(parent: Pick<Child, 'child'>, ...[bindings, options]: Parameters<Logger['child']>) {
    this.parent = parent;
    this.bindings = bindings;
    this.options = options;
  }

  private get made(): Child {
    this.own ??= this.parent.child(this.bindings, this.options);
    return this.own;
  }

  get level(): string {
    return this.made.level;
  }
  set level(level: string) {
    this.made.level = level;
  }

  child(...passed: Parameters<Logger['child']>): LazyChild {
    return new LazyChild(this.made, ...passed);
  }
  fatal(...passed: Arguments): void {
    this.made.fatal(...(passed as Parameters<Logger['fatal']>));
  }
  error(...passed: Arguments): void {
    this.made.error(...(passed as Parameters<Logger['error']>));
  }
  warn(...passed: Arguments): void {
    this.made.warn(...(passed as Parameters<Logger['warn']>));
  }
  info(...passed: Arguments): void {
    this.made.info(...(passed as Parameters<Logger['info']>));
  }
  debug(...passed: Arguments): void {
    this.made.debug(...(passed as Parameters<Logger['debug']>));
  }
  trace(...passed: Arguments): void {
    this.made.trace(...(passed as Parameters<Logger['trace']>));
  }
  silent(...passed: Arguments): void {
    this.made.silent(...(passed as Parameters<Logger['silent']>));
  }
}
