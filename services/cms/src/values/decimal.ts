const syntax = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?$/;

/** Digits that a decimal can have. What PostgreSQL, Java, .NET and SQL's DECIMAL(38) hold exactly. */
export const MAX_PRECISION = 38;

interface Decimal {
  /** The number without its point. */
  readonly digits: bigint;
  readonly precision: number;
  readonly scale: number;
}

/** Reads a decimal as it is kept: `-?digits(.digits)?`, no exponent, no zeros in front, no -0. Undefined for all else. */
export function readDecimal(text: string): Decimal | undefined {
  const [, sign = '', whole = '', fraction = ''] = text.length > MAX_PRECISION + 2 ? [] : (syntax.exec(text) ?? []);
  if (whole === '') return undefined;
  const digits = BigInt(`${whole}${fraction}`);
  const precision = (whole === '0' ? 0 : whole.length) + fraction.length;
  if (precision > MAX_PRECISION || (sign === '-' && digits === 0n)) return undefined;
  return { digits: sign === '-' ? -digits : digits, precision, scale: fraction.length };
}

export function isDecimal(text: string): boolean {
  return readDecimal(text) !== undefined;
}

/** As numbers: `1.10` is `1.1`. Both must be decimals. */
export function compareDecimals(one: string, other: string): number {
  const [a, b] = [readDecimal(one), readDecimal(other)];
  if (a === undefined || b === undefined) throw new TypeError('not a decimal');
  const [left, right] = [a.digits * 10n ** BigInt(b.scale), b.digits * 10n ** BigInt(a.scale)];
  return left < right ? -1 : left > right ? 1 : 0;
}
