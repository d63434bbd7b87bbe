import { pointerPart } from './problem.ts';

/** A JSON number, its sign aside: digits before the point, after it, exponent. RFC 8259 §6. */
const syntax = /^-?(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;
/** No number of fewer characters, without an exponent and not below zero, is ever changed by being parsed. */
const SAFE_LENGTH = 15;

/**
 * Whether a number, as it is written, is the same once it has been read as an IEEE 754 double and written again:
 * `1.50` is, `9007199254740993`, `1e999` and `0.1000000000000000055` are not, nor is `-0`, which JSON.stringify makes 0.
 */
export function isExactNumber(source: string): boolean {
  if (source.length <= SAFE_LENGTH && !/^-0|e/i.test(source)) return true;
  const value = Number(source);
  return Number.isFinite(value) && !Object.is(value, -0) && decimalOf(source) === decimalOf(String(value));
}

/** One spelling of a decimal number: significant digits and exponent. */
function decimalOf(source: string): string | undefined {
  const [, whole = '', fraction = '', exponent = '0'] = syntax.exec(source) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`;
}

/** A number of a JSON text that would not be kept as it is written. */
export interface InexactNumber {
  /** JSON pointer. */
  readonly path: string;
  readonly source: string;
}

/** Numbers that are worth a closer look: long ones, with an exponent, and `-0`. May also stand within a string. */
const suspicious = /(?:^|[^\w.+-])(?:-0|-?[\d.]*[eE]|-?[\d.]{16})/;

/** The first number of a JSON text that would not be kept as it is written. The text must be valid. */
export function inexactNumberIn(text: string): InexactNumber | undefined {
  if (!suspicious.test(text)) return undefined;
  const found = new Set<Inexact>();
  const value: unknown = JSON.parse(text, (_name, member, context?: { source?: string }) => {
    const { source } = context ?? {};
    if (typeof member !== 'number' || source === undefined || isExactNumber(source)) return member;
    const inexact = new Inexact(source);
    found.add(inexact);
    return inexact;
  });
  return found.size === 0 ? undefined : firstIn(value, '');
}

class Inexact {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

function firstIn(value: unknown, path: string): InexactNumber | undefined {
  if (value instanceof Inexact) return { path, source: value.source };
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, member] of Object.entries(value)) {
    const first = firstIn(member, `${path}/${pointerPart(name)}`);
    if (first !== undefined) return first;
  }
  return undefined;
}
