import { type Actor, actorOf, systemActor } from '@gaia/audit-log/actor';

export type Origin = Actor;

export const originOf = actorOf;

/** What the service does by itself, such as the rotation of keys. */
export const ownOrigin: Origin = systemActor('auth');
