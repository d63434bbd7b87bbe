import type { Identity } from '@gaia/tokens/identity';
import { problem } from '../errors.ts';
import { isUserId } from '../users/user.ts';
import type { Caller } from './permissions.ts';

/** The user's id of a caller who is one: a service account has nothing of its own here. 403 forbidden. */
export function userIdOf(caller: Caller): string {
  if (!isUserId(caller.subject)) throw problem('forbidden');
  return caller.subject;
}

/** The same for what is the user's own business: one who acts for the user has no part in it. 403 forbidden. */
export function selfOf(caller: Identity): string {
  if (caller.actor !== undefined) throw problem('forbidden');
  return userIdOf(caller);
}
