import { problem } from '@gaia/http-service/problem';

/** 400 validation_failed for a member of the body whose meaning, not its type, is wrong. */
export function invalidBody(member: string, message: string) {
  return invalid(`/body/${member}`, message);
}

/** The same for a part of the request that a pointer names. */
export function invalid(path: string, message: string) {
  return problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
