import { durationText, readDuration } from './duration.ts';
import { readBaseUrl } from './suite-url.ts';

/** One option or argument of a command: how it is read, what it is when absent, what the help says of it. */
export interface Option<T> {
  /** Stands for the value in the help, such as `<site>`; undefined for a flag, which has no value. */
  readonly placeholder: string | undefined;
  readonly doc: string;
  /** Whether it can be given several times. */
  readonly multiple: boolean;
  readonly required: boolean;
  /** Takes the raw values as they were given; throws an Error whose message completes "--name …". */
  read(given: readonly string[]): T;
}

export type Options = Readonly<Record<string, Option<unknown>>>;
export type OptionsOf<O extends Options> = { readonly [K in keyof O]: O[K] extends Option<infer T> ? T : never };

const MAX_LENGTH = 1_024;
const MAX_TIMES = 64;

interface Described {
  readonly doc: string;
  readonly placeholder: string;
  /** In characters. 1,024. */
  readonly maxLength?: number;
}

/** Free text, bounded and never empty. */
export function text(options: Described & { readonly required: true }): Option<string>;
export function text(options: Described): Option<string | undefined>;
export function text(options: Described & { readonly required?: true }): Option<string | undefined> {
  return single(options, (raw) => boundedText(raw, options));
}

/** Text that can be given up to 64 times. */
export function list(options: Described): Option<readonly string[]> {
  return {
    ...options,
    multiple: true,
    required: false,
    read: (given) => {
      if (given.length > MAX_TIMES) throw new Error(`can be given at most ${MAX_TIMES} times`);
      return given.map((raw) => boundedText(raw, options));
    },
  };
}

/** Present or not. */
export function flag(options: { readonly doc: string }): Option<boolean> {
  return { ...options, placeholder: undefined, multiple: false, required: false, read: (given) => given.length > 0 };
}

/** A duration like `15m`, as seconds. `min`, `max` and `fallback` are seconds. */
export function duration(options: {
  readonly doc: string;
  readonly min: number;
  readonly max: number;
  readonly fallback: number;
}): Option<number> {
  const { min, max, fallback } = options;
  const read = (raw: string) => {
    const seconds = readDuration(raw);
    if (seconds === undefined) throw new Error('must be a duration like 90s, 15m or 1h');
    if (seconds < min || seconds > max) throw new Error(`must be from ${durationText(min)} to ${durationText(max)}`);
    return seconds;
  };
  const doc = `${options.doc}; ${durationText(min)} to ${durationText(max)}, ${durationText(fallback)} if absent`;
  const option = single({ doc, placeholder: '<duration>' }, read);
  return { ...option, read: (given) => option.read(given) ?? fallback };
}

/** An absolute http(s) URL without credentials, query or fragment; trailing slashes are taken off. */
export function baseUrl(options: { readonly doc: string }): Option<string | undefined> {
  return single({ ...options, placeholder: '<url>' }, (raw) => {
    const url = readBaseUrl(raw);
    if (url === undefined) throw new Error('must be a URL that starts with http:// or https://, without credentials');
    return url;
  });
}

function single<T>(options: Described & { readonly required?: true }, read: (raw: string) => T): Option<T | undefined> {
  const { doc, placeholder, required = false } = options;
  return {
    doc,
    placeholder,
    required,
    multiple: false,
    read: ([raw]) => (raw === undefined ? undefined : read(raw)),
  };
}

function boundedText(raw: string, { maxLength = MAX_LENGTH }: Described): string {
  if (raw === '') throw new Error('must not be empty');
  if (raw.length > maxLength) throw new Error(`must have at most ${maxLength} characters`);
  return raw;
}
