import { problem } from '../errors.ts';
import { isUserId } from '../users/user.ts';
import type { Caller } from './permissions.ts';

/** The user's id of a caller who is one: a service account has nothing of its own here. 403 forbidden. */
export function userIdOf(caller: Caller): string {
  if (!isUserId(caller.subject)) throw problem('forbidden');
  return caller.subject;
}
