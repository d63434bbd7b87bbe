import { Failure } from '../failure.ts';

/** What a value may be, as `GET /cms/sites/:site/types` tells it; types that are not known yet are kept as they are. */
export interface Shape {
  readonly type: string;
  readonly values?: readonly string[];
  /** Names of the types that a reference may lead to; any if absent. */
  readonly to?: readonly string[];
  readonly of?: Shape;
  readonly fields?: readonly Field[];
}

export interface Field extends Shape {
  readonly name: string;
  readonly label?: string;
  readonly description?: string;
  readonly required?: boolean;
  readonly readable_by?: readonly string[];
}

export interface ContentType {
  readonly name: string;
  readonly label?: string | null;
  readonly fields: readonly Field[];
}

const name = /^[A-Za-z_][A-Za-z0-9_-]{0,62}$/;

/**
 * Reads the answer: names go into a program, so that they are checked whatever sends them. Throws Failure.
 */
export function readContentTypes(items: unknown): readonly ContentType[] {
  if (!Array.isArray(items) || !items.every(isContentType)) {
    throw new Failure('the content types are not as Gaia gives them; is the suite of another version?');
  }
  return items.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function isContentType(value: unknown): value is ContentType {
  return isNamed(value) && isList((value as Partial<ContentType>).fields, isField);
}

function isField(value: unknown): value is Field {
  return isNamed(value) && isShape(value);
}

function isShape(value: unknown): value is Shape {
  const shape = value as Partial<Shape> | null;
  if (typeof shape !== 'object' || shape === null || typeof shape.type !== 'string') return false;
  const isText = (one: unknown) => typeof one === 'string';
  return (
    (shape.values === undefined || isList(shape.values, isText)) &&
    (shape.to === undefined || isList(shape.to, isText)) &&
    (shape.of === undefined || isShape(shape.of)) &&
    (shape.fields === undefined || isList(shape.fields, isField))
  );
}

function isNamed(value: unknown): value is { readonly name: string } {
  const named = value as { readonly name?: unknown } | null;
  return typeof named === 'object' && named !== null && typeof named.name === 'string' && name.test(named.name);
}

function isList(value: unknown, isItem: (one: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isItem);
}
