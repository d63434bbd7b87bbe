import { parseArgs } from 'node:util';
import { UsageError } from './failure.ts';
import type { Option, Options, OptionsOf } from './option.ts';
import { nearest } from './suggestion.ts';

/**
 * Reads a command's arguments. Throws UsageError. What was typed is never repeated in an error, option names aside: it
 * could be a token or a password that stands in the wrong place.
 */
export function readArguments<P extends Options, O extends Options>(
  args: readonly string[],
  operands: P,
  options: O,
): OptionsOf<P> & OptionsOf<O> {
  const { positionals, given } = split(args, options);
  const names = Object.keys(operands);
  if (positionals.length > names.length) throw new UsageError(tooMany(names.length));
  const values: Record<string, unknown> = {};
  for (const [index, [name, operand]] of Object.entries(operands).entries()) {
    const raw = positionals[index];
    values[name] = read(operand.placeholder ?? name, operand, raw === undefined ? [] : [raw]);
  }
  for (const [name, option] of Object.entries(options)) {
    values[name] = read(`--${name}`, option, given.get(name) ?? []);
  }
  return values as OptionsOf<P> & OptionsOf<O>;
}

interface Split {
  readonly positionals: readonly string[];
  readonly given: ReadonlyMap<string, readonly string[]>;
}

/** An id of a key (RFC 7638, SHA-256) that begins with a dash, as one in 64 does: no option looks like that. */
const dashedId = /^-[A-Za-z0-9_-]{42}$/;
/** Stands before such an id while options are looked for; no argument of a process can hold it. */
const MARK = '\0';

function marked(argument: string): string {
  return dashedId.test(argument) ? MARK + argument : argument;
}

function unmarked(value: string): string {
  return value.startsWith(MARK) ? value.slice(MARK.length) : value;
}

function split(args: readonly string[], options: Options): Split {
  const config = Object.entries(options).map(([name, { placeholder }]) => [
    name,
    { type: placeholder === undefined ? ('boolean' as const) : ('string' as const), multiple: true },
  ]);
  const { tokens } = parseArgs({
    args: args.map(marked),
    options: Object.fromEntries(config),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const positionals: string[] = [];
  const given = new Map<string, string[]>();
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(unmarked(token.value));
    if (token.kind !== 'option') continue;
    const option = Object.hasOwn(options, token.name) ? options[token.name] : undefined;
    if (option === undefined) throw new UsageError(unknown(token.rawName, options));
    const before = given.get(token.name) ?? [];
    if (before.length > 0 && !option.multiple) throw new UsageError(`--${token.name} stands more than once`);
    given.set(token.name, [...before, unmarked(rawValue(token, option))]);
  }
  return { positionals, given };
}

interface OptionToken {
  readonly name: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

function rawValue({ name, value, inlineValue }: OptionToken, { placeholder }: Option<unknown>): string {
  if (placeholder === undefined) {
    if (value !== undefined) throw new UsageError(`--${name} takes no value`);
    return '';
  }
  // `--url --json` is a forgotten value, not the value `--json`.
  if (value === undefined || (!inlineValue && value.startsWith('-'))) {
    throw new UsageError(`--${name} needs a value: --${name} ${placeholder}`);
  }
  return value;
}

function read(name: string, option: Option<unknown>, given: readonly string[]): unknown {
  if (option.required && given.length === 0) throw new UsageError(`${name} must be given: ${option.doc}`);
  try {
    return option.read(given);
  } catch (error) {
    throw new UsageError(`${name} ${error instanceof Error ? error.message : 'is not usable'}`);
  }
}

function unknown(rawName: string, options: Options): string {
  if (!/^--?[A-Za-z][A-Za-z-]{0,30}$/.test(rawName)) return 'there is an option that this command does not have';
  const meant = nearest(rawName.replace(/^-+/, ''), Object.keys(options));
  return `there is no option ${rawName}${meant === undefined ? '' : `; did you mean --${meant}?`}`;
}

function tooMany(expected: number): string {
  if (expected === 0) return 'this command takes options only';
  return expected === 1 ? 'this command takes one argument' : `this command takes at most ${expected} arguments`;
}
