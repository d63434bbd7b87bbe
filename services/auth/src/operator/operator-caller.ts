import { ADMINISTRATOR_ROLE, administratorScopes } from '@gaia/tokens/scopes';
import type { Caller } from '../permissions/permissions.ts';

/** May give every role, as an administrator may. */
export const operatorCaller: Caller = Object.freeze({
  subject: 'operator',
  site: undefined,
  roles: [ADMINISTRATOR_ROLE],
  scopes: administratorScopes,
});
