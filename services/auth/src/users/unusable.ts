import { problem } from '@gaia/http-service/problem';

/** 400 validation_failed for a member of the body whose meaning, not its type, is wrong. */
export function unusable(member: string, message: string) {
  return problem('validation_failed', {
    detail: `/body/${member} ${message}.`,
    errors: [{ path: `/body/${member}`, message }],
  });
}
