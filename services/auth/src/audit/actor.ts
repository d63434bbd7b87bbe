import { type Actor as AuditActor, actorOf as auditActorOf, systemActor } from '@gaia/audit-log/actor';
import { type Language, negotiateLanguage } from '@gaia/i18n/language';
import type { FastifyRequest } from 'fastify';

export interface Actor extends AuditActor {
  /** Of the mails that this causes; the default language without it. */
  readonly language?: Language | undefined;
}

export function actorOf(request: FastifyRequest): Actor {
  return { ...auditActorOf(request), language: negotiateLanguage(request.headers['accept-language']) };
}

/** What the service does by itself, such as the rotation of keys. */
export const authActor: Actor = systemActor('auth');

/** Somebody with access to the host. */
export const operatorActor: Actor = systemActor('operator');

/** Whether a name stands for one of these in the audit log, where no account may look like them. */
export function isSystemActor(name: string): boolean {
  return name === authActor.subject || name === operatorActor.subject;
}
