import type { Family, FamilyStore } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem } from '../errors.ts';
import { selfOf } from '../permissions/user-caller.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { deviceOf } from './device.ts';

export interface UserSession {
  readonly family: Family;
  readonly device: string;
  /** The one that the request comes from. */
  readonly current: boolean;
}

export interface UserSessions {
  /** Living logins of the caller, the newest first. Throws forbidden. */
  list(caller: Identity): Promise<readonly UserSession[]>;
  /** Throws session_not_found, also for a session of somebody else; forbidden. */
  end(caller: Identity, by: Actor, sessionId: string): Promise<void>;
  /** Ends all of the caller's logins, or all but the one that asks. Throws forbidden. */
  endAll(caller: Identity, by: Actor, keep: 'none' | 'current'): Promise<void>;
  /** Ends all logins of a user. */
  endAllOf(user: string, by: Actor): Promise<void>;
}

export interface UserSessionsOptions {
  readonly families: Pick<FamilyStore, 'get' | 'listBySubject'>;
  readonly revoker: Pick<Revoker, 'endSession' | 'endAllSessions'>;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
}

export function createUserSessions({ families, revoker, audit, now }: UserSessionsOptions): UserSessions {
  async function endOne(family: Family, by: Actor): Promise<void> {
    await revoker.endSession(family.sid);
    const details = { ended: family.sid };
    await audit.note(by, { action: 'session.end', site: family.site, target: family.sub, details });
  }

  async function endAllOf(user: string, by: Actor): Promise<void> {
    await revoker.endAllSessions(user);
    await audit.note(by, { action: 'session.end', target: user, details: { all: true } });
  }

  return {
    list: async (caller) => {
      const all = await families.listBySubject(selfOf(caller), now());
      return all.map((family) => ({
        family,
        device: deviceOf(family.userAgent),
        current: family.sid === caller.sessionId,
      }));
    },
    end: async (caller, by, sessionId) => {
      const family = await families.get(sessionId, now());
      if (family === undefined || family.sub !== selfOf(caller)) throw problem('session_not_found');
      await endOne(family, by);
    },
    endAll: async (caller, by, keep) => {
      const user = selfOf(caller);
      if (keep === 'none') return endAllOf(user, by);
      for (const family of await families.listBySubject(user, now())) {
        if (family.sid !== caller.sessionId) await endOne(family, by);
      }
    },
    endAllOf,
  };
}
