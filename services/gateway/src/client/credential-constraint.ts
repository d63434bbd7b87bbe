import type { FastifyInstance } from 'fastify';

/** How a request says who asks: by its Authorization header, or in no other way than by a cookie. */
export type CredentialKind = 'bearer' | 'browser';

/**
 * Lets the router choose between two routes of one path (`constraints: { credential }`): what brings an Authorization
 * header, whatever is in it, never reaches a session.
 */
export function constrainByCredential(app: Pick<FastifyInstance, 'addConstraintStrategy'>): void {
  app.addConstraintStrategy({
    name: 'credential',
    storage() {
      const handlers = new Map<unknown, Parameters<ReturnType<Storage>['set']>[1]>();
      return {
        get: (kind) => handlers.get(kind) ?? null,
        set: (kind, handler) => void handlers.set(kind, handler),
      };
    },
    deriveConstraint: ({ headers }): CredentialKind => ('authorization' in headers ? 'bearer' : 'browser'),
  });
}

type Storage = Parameters<FastifyInstance['addConstraintStrategy']>[0]['storage'];
