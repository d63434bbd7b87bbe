/** One environment variable: how it is read, what it is when absent, what the documentation says of it. */
export interface Setting<T> {
  readonly kind: string;
  readonly doc: string;
  readonly fallback: T | undefined;
  readonly required: boolean;
  /** Never shown: not in errors, not in the table's default column. */
  readonly secret: boolean;
  /** Text for the table where the default is worked out at start. */
  readonly fallbackDoc: string | undefined;
  /** Reads the raw text; throws an Error whose message completes "NAME …". */
  parse(raw: string): T;
}

export type SettingsSchema = Readonly<Record<string, Setting<unknown>>>;
export type SettingsOf<S extends SettingsSchema> = {
  readonly [K in keyof S]: S[K] extends Setting<infer T> ? T : never;
};

/** All that is wrong with an environment, in one message; values of secrets are never in it. */
export class SettingsError extends Error {
  readonly code = 'settings_invalid';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`the configuration is not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'SettingsError';
    this.problems = problems;
  }
}

/**
 * Reads every setting of a schema from an environment.
 * An empty variable counts as absent. Gives a frozen object; throws SettingsError naming every problem at once.
 */
export function loadSettings<S extends SettingsSchema>(
  schema: S,
  env: Readonly<Record<string, string | undefined>>,
): SettingsOf<S> {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, setting] of Object.entries(schema)) {
    const raw = env[name]?.trim() ?? '';
    if (raw === '') {
      if (setting.required) problems.push(`${name} must be set: ${setting.doc}`);
      values[name] = setting.fallback;
      continue;
    }
    try {
      values[name] = setting.parse(raw);
    } catch (error) {
      problems.push(`${name} ${error instanceof Error ? error.message : 'is not usable'}`);
    }
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.freeze(values) as SettingsOf<S>;
}

interface Common<T> {
  readonly doc: string;
  readonly fallback?: T;
  readonly fallbackDoc?: string;
}

type WithFallback<T> = Common<T> & { readonly fallback: T };
type Required<T> = Common<T> & { readonly required: true };

interface Reader<T> {
  readonly kind: string;
  readonly secret?: boolean;
  parse(raw: string): T;
}

function setting<T>(reader: Reader<T>, options: Common<T> & { required?: boolean }): Setting<T> {
  return Object.freeze({
    kind: reader.kind,
    doc: options.doc,
    fallback: options.fallback,
    fallbackDoc: options.fallbackDoc,
    required: options.required ?? false,
    secret: reader.secret ?? false,
    parse: reader.parse,
  });
}

/** Free text of at most 4,096 characters. */
export function text(options: WithFallback<string> | Required<string>): Setting<string>;
export function text(options: Common<string>): Setting<string | undefined>;
export function text(options: Common<string>): Setting<string | undefined> {
  return setting<string>({ kind: 'text', parse: boundedText }, options);
}

/** Text that must never be shown; at least `minLength` (16) characters. */
export function secret(options: Required<string> & { minLength?: number }): Setting<string>;
export function secret(options: Common<string> & { minLength?: number }): Setting<string | undefined>;
export function secret(options: Common<string> & { minLength?: number }): Setting<string | undefined> {
  const minLength = options.minLength ?? 16;
  return setting<string>(
    {
      kind: 'secret',
      secret: true,
      parse: (raw) => {
        if (raw.length < minLength) throw new Error(`must have at least ${minLength} characters`);
        return boundedText(raw);
      },
    },
    options,
  );
}

/** A whole number within bounds. */
export function integer(options: WithFallback<number> & { min: number; max: number }): Setting<number> {
  return setting<number>(
    {
      kind: `whole number ${options.min}–${options.max}`,
      parse: (raw) => {
        const value = /^-?\d{1,15}$/.test(raw) ? Number(raw) : Number.NaN;
        if (!(value >= options.min && value <= options.max)) {
          throw new Error(`must be a whole number from ${options.min} to ${options.max}`);
        }
        return value;
      },
    },
    options,
  ) as Setting<number>;
}

/** `1/true/on/yes` or `0/false/off/no`. */
export function flag(options: WithFallback<boolean>): Setting<boolean> {
  return setting<boolean>(
    {
      kind: 'on or off',
      parse: (raw) => {
        const word = raw.toLowerCase();
        if (['1', 'true', 'on', 'yes'].includes(word)) return true;
        if (['0', 'false', 'off', 'no'].includes(word)) return false;
        throw new Error('must be on or off');
      },
    },
    options,
  ) as Setting<boolean>;
}

/** One of some words. */
export function choice<const T extends string>(options: WithFallback<T> & { of: readonly T[] }): Setting<T> {
  return setting<T>(
    {
      kind: options.of.join(', '),
      parse: (raw) => {
        const found = options.of.find((word) => word === raw.toLowerCase());
        if (found === undefined) throw new Error(`must be one of ${options.of.join(', ')}`);
        return found;
      },
    },
    options,
  ) as Setting<T>;
}

/** An absolute URL of one of the protocols, without a trailing slash. Shown without its credentials. */
export function url(
  options: (WithFallback<string> | Required<string>) & { protocols: readonly string[] },
): Setting<string>;
export function url(options: Common<string> & { protocols: readonly string[] }): Setting<string | undefined>;
export function url(options: Common<string> & { protocols: readonly string[] }): Setting<string | undefined> {
  return setting<string>(
    {
      kind: `URL (${options.protocols.join(', ')})`,
      parse: (raw) => {
        const parsed = URL.canParse(raw) ? new URL(raw) : undefined;
        if (!parsed || !options.protocols.includes(parsed.protocol.slice(0, -1))) {
          throw new Error(
            `must be a URL that starts with ${options.protocols.map((name) => `${name}://`).join(' or ')}`,
          );
        }
        return raw.replace(/\/+$/, '');
      },
    },
    options,
  );
}

/** Comma-separated words; at most 64. */
export function list(options: WithFallback<readonly string[]>): Setting<readonly string[]> {
  return setting<readonly string[]>(
    {
      kind: 'comma-separated list',
      parse: (raw) => {
        const words = raw
          .split(',')
          .map((word) => word.trim())
          .filter((word) => word !== '');
        if (words.length > 64) throw new Error('must have at most 64 members');
        return Object.freeze(words);
      },
    },
    options,
  ) as Setting<readonly string[]>;
}

function boundedText(raw: string): string {
  if (raw.length > 4_096) throw new Error('must have at most 4,096 characters');
  return raw;
}
