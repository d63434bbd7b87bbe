/** Syntax of the names of roles, and of the ids of products. */
export const ROLE_NAME = '^[a-z][a-z0-9_-]{0,62}$';
export const PRODUCT_ID = '^[a-z0-9][a-z0-9_-]{0,62}$';

const roleName = new RegExp(ROLE_NAME);

export function isRoleName(text: unknown): boolean {
  return typeof text === 'string' && roleName.test(text);
}
