/** What makes new rights out of old ones. */
const renewing: readonly string[] = ['tokens:mint', 'clients:manage', 'keys:manage'];

/** Permissions of delegated tokens: none of them lets a token outlive its end. */
export function withoutRenewal(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !renewing.includes(scope));
}
