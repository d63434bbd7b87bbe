import pg from 'pg';

const INT8 = 20;
const INT8_ARRAY = 1016;
const DATE = 1082;
const DATE_ARRAY = 1182;
const TEXT_ARRAY = 1009;

/**
 * How columns are read, where it differs from the driver's way: int8 as a number where that is exact, else as a bigint;
 * date as the text `YYYY-MM-DD`, which has no time zone to be shifted by. numeric stays text.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (format === 'binary') return pg.types.getTypeParser(oid, 'binary');
    if (oid === INT8) return readInt8;
    if (oid === DATE) return readText;
    if (oid === INT8_ARRAY)
      return (text: string) => readArray(text).map((item) => (item === null ? null : readInt8(item)));
    if (oid === DATE_ARRAY) return readArray;
    return pg.types.getTypeParser(oid, 'text');
  }) as typeof pg.types.getTypeParser,
};

function readInt8(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}

function readText(text: string): string {
  return text;
}

const textArray = pg.types.getTypeParser as (oid: number, format: 'text') => (text: string) => (string | null)[];

function readArray(text: string): (string | null)[] {
  return textArray(TEXT_ARRAY, 'text')(text);
}
