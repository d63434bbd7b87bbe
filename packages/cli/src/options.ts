import { Argument, Option } from '@commander-js/extra-typings';
import { durationText, readDuration } from './duration.ts';
import { UsageError } from './failure.ts';
import { readBaseUrl } from './suite-url.ts';

// Errors never repeat what was typed: it could be a token or a password that stands in the wrong place.

const MAX_LENGTH = 1_024;
const MAX_TIMES = 64;

/** Free text, bounded and never empty. */
export function textOption<const Flags extends string>(flags: Flags, doc: string, maxLength = MAX_LENGTH) {
  return single(flags, doc, (raw, name) => boundedText(raw, name, maxLength));
}

/** Text that must be given. */
export function requiredOption<const Flags extends string>(flags: Flags, doc: string, maxLength = MAX_LENGTH) {
  return textOption(flags, `${doc} (must be given)`, maxLength).makeOptionMandatory();
}

/** Text that can be given up to 64 times. */
export function listOption<const Flags extends string>(flags: Flags, doc: string) {
  const name = nameOf(flags);
  return new Option(flags, doc).argParser((raw: string, previous: readonly string[]): readonly string[] => {
    const values = [...(previous ?? []), boundedText(givenValue(raw, name), name, MAX_LENGTH)];
    if (values.length > MAX_TIMES) throw new UsageError(`${name} can be given at most ${MAX_TIMES} times`);
    return values;
  });
}

/** A duration like `15m`, as seconds. `min`, `max` and `fallback` are seconds; the fallback is only told. */
export function durationOption<const Flags extends string>(
  flags: Flags,
  doc: string,
  { min, max, fallback }: { readonly min: number; readonly max: number; readonly fallback: number },
) {
  const range = `${durationText(min)} to ${durationText(max)}`;
  return single(flags, `${doc}; ${range}, ${durationText(fallback)} if absent`, (raw, name) => {
    const seconds = readDuration(raw);
    if (seconds === undefined) throw new UsageError(`${name} must be a duration like 90s, 15m or 1h`);
    if (seconds < min || seconds > max) throw new UsageError(`${name} must be from ${range}`);
    return seconds;
  });
}

/** An absolute http(s) URL without credentials, query or fragment; trailing slashes are taken off. */
export function urlOption<const Flags extends string>(flags: Flags, doc: string) {
  return single(flags, doc, (raw, name) => {
    const url = readBaseUrl(raw);
    if (url === undefined) {
      throw new UsageError(`${name} must be a URL that starts with http:// or https://, without credentials`);
    }
    return url;
  });
}

/** `--url`: which suite a command talks to. */
export function suiteOption(doc = 'the suite') {
  return urlOption('--url <url>', `${doc}; PUBLIC_URL or http://localhost:PORT (8080) if absent`);
}

export function textArgument<const Name extends string>(name: Name, doc: string, maxLength = MAX_LENGTH) {
  return new Argument(name, doc).argParser((raw: string) => boundedText(raw, name, maxLength));
}

export function addressArgument() {
  return textArgument('<email>', 'the address of the user');
}

export function forceOption() {
  return new Option('--force', 'also where it leaves a site without an owner');
}

function single<const Flags extends string, T>(flags: Flags, doc: string, read: (raw: string, name: string) => T) {
  const name = nameOf(flags);
  return new Option(flags, doc).argParser((raw: string, previous: T): T => {
    if (previous !== undefined) throw new UsageError(`${name} is given more than once`);
    return read(givenValue(raw, name), name);
  });
}

function nameOf(flags: string): string {
  return flags.replace(/ .*/, '');
}

/** `--url --json` is a forgotten value, not the value `--json`. */
function givenValue(raw: string, name: string): string {
  if (raw.startsWith('--')) throw new UsageError(`${name} needs a value`);
  return raw;
}

function boundedText(raw: string, name: string, maxLength: number): string {
  if (raw === '') throw new UsageError(`${name} must not be empty`);
  if (raw.length > maxLength) throw new UsageError(`${name} must have at most ${maxLength} characters`);
  return raw;
}
