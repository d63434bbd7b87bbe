import { pingDatabase } from '@gaia/database/database';
import type { HealthCheck } from '@gaia/http-service/health';
import type { State } from '@gaia/state/state';
import type { Kysely } from 'kysely';
import type { AuthTables } from './database.ts';
import type { KeyRing } from './keys/key-ring.ts';

export interface CheckedParts {
  readonly database: Kysely<AuthTables>;
  readonly state: State;
  readonly keyRing: KeyRing;
  /** State lives in this process and nobody shares it. */
  readonly isAlone: boolean;
}

/** The parts of `/ready`. Without Redis nobody can log in, but keys are still published and tokens verified. */
export function authChecks({ database, state, keyRing, isAlone }: CheckedParts): readonly HealthCheck[] {
  return [
    {
      name: 'database',
      critical: true,
      check: async () => {
        await pingDatabase(database);
        return { status: 'ok' };
      },
    },
    {
      name: 'state',
      critical: false,
      check: async () => {
        await state.ping();
        if (isAlone) return { status: 'degraded', detail: { kind: 'memory', shared: false } };
        return { status: 'ok', detail: { kind: state.kind } };
      },
    },
    {
      name: 'keys',
      critical: true,
      check: () => ({
        status: 'ok',
        detail: { signing: keyRing.signing().kid, published: keyRing.document().keys.length },
      }),
    },
  ];
}
