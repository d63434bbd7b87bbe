import { withPlainNames } from '@gaia/http-service/json-names';
import type { Problem } from '@gaia/http-service/problem';
import { allOf, type Filter } from './filter.ts';
import { readFilterObject } from './read-filter.ts';

type Refuse = (name: string, message: string) => Problem;
type Parameters = readonly (readonly [name: string, value: string | readonly string[]])[];

/** `filter[or][0][title][eq]`: the parts in brackets. */
const bracketed = /^filter((?:\[[^[\]]{0,200}\]){1,40})$/;

/**
 * Reads `filter[title][eq]=a`, groups such as `filter[or][0][title][eq]=a`, and `filter={"or":[…]}`; all that is given
 * must hold. Throws what `refuse` gives.
 */
export function readFilterParameters(parameters: Parameters, refuse: Refuse): Filter | undefined {
  const refuseAt = (path: string, message: string) => refuse(`filter${path === '' ? '' : `/${path}`}`, message);
  const whole = parameters.filter(([name]) => name === 'filter');
  const parts = parameters.filter(([name]) => name !== 'filter');
  const filters = whole.map(([, value]) => readFilterObject(parseFilter(value, refuse), refuseAt));
  if (parts.length > 0) filters.push(readFilterObject(bracketObject(parts, refuse), refuseAt));
  return allOf(filters.filter((filter) => filter !== undefined));
}

function parseFilter(text: string | readonly string[], refuse: Refuse): unknown {
  const plain = typeof text === 'string' ? withPlainNames(text) : undefined;
  if (plain === undefined) throw refuse('filter', 'must be one JSON object');
  try {
    // Numbers stay as they are written, so that none becomes its nearest floating-point number.
    return JSON.parse(plain, (_name, value, context?: { source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    throw refuse('filter', 'must be a JSON object, or have brackets: filter[<field>][<operator>]');
  }
}

type Node = Map<string, Node | string | readonly string[]>;

function bracketObject(parameters: Parameters, refuse: Refuse): unknown {
  const root: Node = new Map();
  for (const [name, value] of parameters) {
    const brackets = bracketed.exec(name)?.[1];
    if (brackets === undefined) throw refuse(name, 'is not known here');
    // `filter[tags][in][]=a` is how some clients repeat a parameter.
    const listed = brackets.endsWith('[]');
    const path = brackets.slice(1, listed ? -3 : -1).split('][');
    const last = path.pop() ?? '';
    let node = root;
    for (const part of path) {
      const next = node.get(part) ?? new Map();
      if (!(next instanceof Map)) throw refuse(name, 'contradicts another parameter');
      node.set(part, next);
      node = next;
    }
    if (node.has(last)) throw refuse(name, 'contradicts another parameter');
    node.set(last, readLeaf(last, value, listed));
  }
  return objectOf(root);
}

function readLeaf(operator: string, value: string | readonly string[], listed: boolean): string | readonly string[] {
  if (typeof value !== 'string') return value;
  if (listed) return [value];
  return operator === 'in' || operator === 'nin' ? splitAtCommas(value) : value;
}

/** One parameter holds a list; a backslash before a comma makes it part of a value. */
function splitAtCommas(text: string): string[] {
  const parts = text.match(/(?:\\.|[^,\\]|\\$)+|(?<=^|,)(?=,|$)/gs) ?? [];
  return parts.map((part) => part.replace(/\\([,\\])/g, '$1'));
}

/** Objects whose names are all numbers are lists. */
function objectOf(node: Node): unknown {
  const members = [...node].map(([name, value]) => [name, value instanceof Map ? objectOf(value) : value] as const);
  if (members.length > 0 && members.every(([name]) => /^\d{1,3}$/.test(name))) {
    return members.toSorted(([one], [other]) => Number(one) - Number(other)).map(([, value]) => value);
  }
  return Object.fromEntries(members);
}

/** Whether a parameter belongs to the filter. */
export function isFilterParameter(name: string): boolean {
  return name === 'filter' || name.startsWith('filter[');
}
