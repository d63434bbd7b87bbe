import { ADMINISTRATOR_ROLE, administratorScopes } from '@gaia/tokens/scopes';
import type { Caller } from '../access/permissions.ts';
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

/** May give every role, as an administrator may. */
export const operatorCaller: Caller = Object.freeze({
  subject: OPERATOR,
  site: undefined,
  roles: [ADMINISTRATOR_ROLE],
  scopes: administratorScopes,
});
