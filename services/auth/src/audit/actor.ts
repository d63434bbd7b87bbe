import { type Actor, actorOf, systemActor } from '@gaia/audit-log/actor';
import { type Language, negotiateLanguage } from '@gaia/i18n/language';
import type { FastifyRequest } from 'fastify';

export interface Origin extends Actor {
  /** Of the mails that this causes; the default language without it. */
  readonly language?: Language | undefined;
}

export function originOf(request: FastifyRequest): Origin {
  return { ...actorOf(request), language: negotiateLanguage(request.headers['accept-language']) };
}

/** What the service does by itself, such as the rotation of keys. */
export const ownOrigin: Origin = systemActor('auth');

/** Somebody with access to the host. */
export const operatorOrigin: Origin = systemActor('operator');

/** Whether a name stands for one of these in the audit log, where no account may look like them. */
export function isOwnActor(name: string): boolean {
  return name === ownOrigin.subject || name === operatorOrigin.subject;
}
