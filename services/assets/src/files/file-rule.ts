import { type Visibility, visibilities } from '../database.ts';
import { problem } from '../errors.ts';

/** By whom a file may be read in itself, whatever entries mention it. */
export interface FileRule {
  readonly visibility: Visibility;
  /** With `products`: one of these must be held. Sorted, each once. */
  readonly products: readonly string[];
}

export const PRODUCT_ID = '^[a-z0-9][a-z0-9_-]{0,62}$';
export const MAX_PRODUCTS = 20;

const productId = new RegExp(PRODUCT_ID);

/** The rule that an input makes of a current one; what is not said stays. Throws `validation_failed`. */
export function fileRule(
  said: { readonly visibility?: string | undefined; readonly products?: readonly string[] | undefined },
  current: FileRule,
): FileRule {
  const visibility =
    said.visibility === undefined ? current.visibility : visibilities.find((one) => one === said.visibility);
  if (visibility === undefined) throw refuse('visibility', `must be one of ${visibilities.join(', ')}`);
  if (visibility !== 'products') {
    if (said.products !== undefined) throw refuse('products', 'is for the visibility products only');
    return { visibility, products: [] };
  }
  const products = said.products ?? current.products;
  if (products.length === 0) throw refuse('products', 'is missing');
  if (products.length > MAX_PRODUCTS || !products.every((id) => productId.test(id))) {
    throw refuse('products', `must list 1 to ${MAX_PRODUCTS} ids of products`);
  }
  return { visibility, products: [...new Set(products)].toSorted() };
}

function refuse(member: string, message: string) {
  const path = `/body/${member}`;
  return problem('validation_failed', { detail: `${path} ${message}.`, errors: [{ path, message }] });
}
