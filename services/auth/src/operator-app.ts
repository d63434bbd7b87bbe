import { createService, type Service } from '@gaia/http-service/service';
import { createSetPassword } from './accounts/set-password.ts';
import type { AppDependencies } from './app-dependencies.ts';
import { createOperator } from './operator/operator.ts';
import { registerOperator } from './operator/routes.ts';
import type { Parts } from './parts.ts';
import { createInvitations } from './registration/invitations.ts';

const BODY_LIMIT = 4 * 1024;

/** What answers on the control socket. Nothing here asks who is calling: the directory of the socket has decided that. */
export async function buildOperatorApp(dependencies: AppDependencies, parts: Parts): Promise<Service> {
  const { logger, metrics, database, passwords, strength, cutOffs, audit, now, randomBytes } = dependencies;
  const { users, outbox, eraseUser } = parts;
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
  registerOperator(
    app,
    createOperator({
      database,
      users,
      eraseUser,
      invitations: createInvitations({
        database,
        throttle: parts.requestThrottleOf('invite'),
        outbox,
        audit,
        now,
        randomBytes,
      }),
      setPassword: createSetPassword({ database, passwords, strength, cutOffs, outbox, audit, now }),
    }),
  );
  return app;
}
