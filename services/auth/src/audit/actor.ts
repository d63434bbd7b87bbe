import { type Actor, actorOf, systemActor } from '@gaia/audit-log/actor';

export type Origin = Actor;

export const originOf = actorOf;

/** What the service does by itself, such as the rotation of keys. */
export const ownOrigin: Origin = systemActor('auth');

/** Somebody with access to the host. */
export const operatorOrigin: Origin = systemActor('operator');

/** Whether a name stands for one of these in the audit log, where no account may look like them. */
export function isOwnActor(name: string): boolean {
  return name === ownOrigin.subject || name === operatorOrigin.subject;
}
