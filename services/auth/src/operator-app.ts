import type { Logger } from '@gaia/http-service/logger';
import { createService, type Service } from '@gaia/http-service/service';
import type { Registry } from 'prom-client';
import type { Operator } from './operator/operator.ts';
import { registerOperator } from './operator/routes.ts';

const BODY_LIMIT = 4 * 1024;

/** What answers on the control socket. Nothing here asks who is calling: the directory of the socket has decided that. */
export async function buildOperatorApp(
  operator: Operator,
  { logger, metrics }: { readonly logger: Logger; readonly metrics: Registry },
): Promise<Service> {
  const app = await createService({
    name: 'auth operator',
    description: 'Commands of those who have access to the host',
    logger,
    metrics,
    checks: [],
    trustedProxies: [],
    bodyLimit: BODY_LIMIT,
    serveMetrics: false,
  });
  registerOperator(app, operator);
  return app;
}
