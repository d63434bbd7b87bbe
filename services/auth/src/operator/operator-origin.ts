import type { Origin } from '../audit/origin.ts';

/** Who has access to the host, as the audit log names them. */
export const OPERATOR = 'operator';

export function operatorOrigin(requestId: string): Origin {
  return {
    subject: OPERATOR,
    actingParty: undefined,
    sessionId: undefined,
    address: undefined,
    requestId,
  };
}
