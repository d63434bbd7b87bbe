import type { Fetch } from '@gaia/http-client/bounded-fetch';
import type { HealthCheck } from '@gaia/http-service/health';
import type { Logger } from '@gaia/http-service/logger';
import type { State } from '@gaia/state/state';
import type { Revocations } from '@gaia/token-guard/revocations';
import type { Kysely } from 'kysely';
import type { Registry } from 'prom-client';
import type { Audit } from './audit/audit.ts';
import type { AuthTables } from './database.ts';
import type { KeyRing } from './keys/key-ring.ts';
import type { Keys } from './keys/keys.ts';
import type { MailTransport } from './mail/transport.ts';
import type { Passwords } from './passwords/passwords.ts';
import type { PasswordStrength } from './passwords/strength.ts';
import type { Revoker } from './revocation/revoker.ts';
import type { IatClock } from './tokens/iat-clock.ts';

/** What start() has opened. */
export interface AppDependencies {
  readonly logger: Logger;
  readonly metrics: Registry;
  readonly checks: readonly HealthCheck[];
  readonly database: Kysely<AuthTables>;
  readonly state: State;
  readonly keyRing: KeyRing;
  readonly keys: Keys;
  readonly audit: Audit;
  readonly passwords: Passwords;
  readonly strength: PasswordStrength;
  readonly mailTransport: MailTransport;
  readonly revoker: Revoker;
  readonly iatClock: IatClock;
  readonly revocations: Revocations;
  /** For calls to the services beside this one. */
  readonly fetch: Fetch;
  now(): number;
  randomBytes(size: number): Buffer;
}
