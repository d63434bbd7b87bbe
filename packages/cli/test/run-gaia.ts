import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import type { Context, Input } from '../src/context.ts';
import { gaia } from '../src/gaia.ts';

export interface Run {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process; `input` is standard input that is no terminal. */
export async function runGaia(
  args: readonly string[],
  { input = '', ...given }: Partial<Context> & { readonly input?: string | Buffer } = {},
): Promise<Run> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await gaia(args, {
    fetch: globalThis.fetch,
    now: Date.now,
    stdin: Readable.from(input === '' ? [] : [Buffer.from(input)]),
    stdout: { write: (text) => out.push(text) },
    stderr: { write: (text) => err.push(text) },
    env: {},
    spawn: () => {
      throw new Error('nothing is to be started here');
    },
    signals: new EventEmitter(),
    ...given,
  });
  return { code, out: out.join(''), err: err.join('') };
}

export interface FakeTerminal {
  readonly stdin: Input;
  readonly stderr: Context['stderr'];
  /** Everything that the terminal has shown. */
  shown(): string;
  /** Whether the terminal is left in raw mode. */
  isRaw(): boolean;
}

/** A terminal that types the answer to each prompt. */
export function fakeTerminal(answers: Readonly<Record<string, string>>): FakeTerminal {
  let raw = false;
  let shown = '';
  const waiting = new Map(Object.entries(answers));
  const stdin = Object.assign(new PassThrough(), {
    isTTY: true,
    setRawMode: (value: boolean) => {
      raw = value;
    },
  });
  const write = (text: string) => {
    shown += text;
    for (const [question, answer] of waiting) {
      if (!shown.includes(question)) continue;
      waiting.delete(question);
      // Typed when the prompt listens.
      setImmediate(() => stdin.write(answer));
    }
  };
  return { stdin, stderr: { write }, shown: () => shown, isRaw: () => raw };
}
