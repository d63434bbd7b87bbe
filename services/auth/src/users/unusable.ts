import { problem } from '@gaia/http-service/problem';
import { isUsablePassword, PASSWORD_LENGTH } from '../passwords/passwords.ts';

/** 400 validation_failed for a member of the body whose meaning, not its type, is wrong. */
export function unusable(member: string, message: string) {
  return problem('validation_failed', {
    detail: `/body/${member} ${message}.`,
    errors: [{ path: `/body/${member}`, message }],
  });
}

/** Throws validation_failed for a new password that is too short, too long or no text. */
export function requireUsablePassword(password: string): void {
  if (isUsablePassword(password)) return;
  throw unusable('password', `must have ${PASSWORD_LENGTH.min} to ${PASSWORD_LENGTH.max} characters`);
}
