/** What makes new rights out of old ones. */
const renewing: readonly string[] = ['tokens:mint', 'clients:manage', 'keys:manage'];

/** The permissions that a token made for somebody else may have: with none of these could it outlive its end. */
export function withoutRenewal(scopes: readonly string[]): readonly string[] {
  return scopes.filter((scope) => !renewing.includes(scope));
}
