import type { Actor } from '@gaia/audit-log/actor';
import type { Caller } from '@gaia/policy/visibility';

/** Who makes a change, with a token of the site, and as the audit log names them. */
export interface Author extends NonNullable<Caller> {
  readonly by: Actor;
}
