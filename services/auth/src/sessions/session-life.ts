import type { FamilyStore } from '@gaia/state/state';
import type { Registry } from 'prom-client';
import { jitteredLifetime } from '../tokens/jitter.ts';
import { createBeginFamily } from './begin-family.ts';
import { createLogout, type LogoutOptions } from './logout.ts';
import { createReauthenticate, type ReauthenticateOptions } from './reauthenticate.ts';
import { createRefresh, type RefreshOptions } from './refresh.ts';
import { sessionMetrics } from './session-metrics.ts';
import { createSessions, type SessionOptions } from './sessions.ts';
import { createSwitchSite, type SwitchSiteOptions } from './switch-site.ts';
import { createUserSessions, type UserSessionsOptions } from './user-sessions.ts';

type Shared = SessionOptions &
  RefreshOptions &
  LogoutOptions &
  SwitchSiteOptions &
  ReauthenticateOptions &
  UserSessionsOptions;

type SessionLifeOptions = Omit<
  Shared,
  'beginFamily' | 'sessions' | 'refresh' | 'families' | 'lifetimeSeconds' | 'onReuse'
> & {
  readonly families: FamilyStore;
  readonly accessTokenSeconds: number;
  /** Whether each access token lives a little less, so that clients do not refresh in step. */
  readonly jitter: boolean;
  readonly metrics: Registry;
  readonly log: { warn(details: object, message: string): void };
  randomBytes(size: number): Buffer;
};

/** How sessions begin, go on and end, however their user has shown who they are. */
export function createSessionLife(options: SessionLifeOptions) {
  const { families, accessTokenSeconds, jitter, randomBytes, log } = options;
  const measured = sessionMetrics(options.metrics);
  const beginFamily = createBeginFamily(options);
  const sessions = createSessions({ ...options, beginFamily });
  const refresh = createRefresh({
    ...options,
    families: { get: families.get, rotate: measured.countRotations(families.rotate) },
    sessions,
    lifetimeSeconds: jitteredLifetime(accessTokenSeconds, jitter, randomBytes),
    onReuse: (event) => log.warn(event, 'a refresh token was used twice; its session has ended'),
  });
  return {
    beginFamily,
    sessions,
    countLogins: measured.countLogins,
    refresh: measured.countRefusedRefreshes(refresh),
    logout: createLogout(options),
    switchSite: createSwitchSite({ ...options, sessions, refresh }),
    reauthenticate: createReauthenticate({ ...options, beginFamily, sessions }),
    userSessions: createUserSessions(options),
  };
}
