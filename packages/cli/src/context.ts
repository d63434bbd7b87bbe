import type { SpawnOptions } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { Fetch } from '@gaia/http-client/bounded-fetch';

/** Where text goes: a process stream, or a test's. */
interface Output {
  write(text: string): unknown;
  /** Whether it is a terminal, on which a line can be written again. */
  readonly isTTY?: boolean;
}

/** Standard input; `setRawMode` is there when it is a terminal. */
export type Input = Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown };

/** What is needed of a child process. */
interface Child {
  readonly stdin?: { end(): void } | null;
  kill(signal: NodeJS.Signals): boolean;
  once(event: 'exit', listener: (code: number | null, signal: NodeJS.Signals | null) => void): unknown;
  once(event: 'error', listener: (error: Error) => void): unknown;
}

/** The signals that this process gets. */
interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
}

/** Everything outside a command: passed in, so that a test runs commands in its own process. */
export interface Context {
  readonly fetch: Fetch;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly stdin: Input;
  /** Results only: a script reads it. */
  readonly stdout: Output;
  /** Questions, warnings and errors. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly spawn: (program: string, args: readonly string[], options: SpawnOptions) => Child;
  readonly signals: SignalSource;
}

/** What a command gets. */
export interface CommandContext extends Context {
  /** For commands that end with another code than 0 without an error. */
  setExitCode(code: number): void;
}
