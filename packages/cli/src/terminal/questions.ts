import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Context, Input } from '../context.ts';
import { Interrupted } from '../failure.ts';

type Terminal = Pick<Context, 'stdin' | 'stderr'>;

/** Asks on the terminal. The question goes to standard error: standard output is for results. Throws Interrupted. */
export function ask(question: string, { stdin, stderr }: Terminal): Promise<string> {
  const shown = new Writable({
    write: (chunk, _encoding, done) => {
      stderr.write(String(chunk));
      done();
    },
  });
  return readLine(question, stdin, shown);
}

/** Asks for a secret: nothing that is typed is shown, not even its length. Throws Interrupted. */
export async function askHidden(question: string, { stdin, stderr }: Terminal): Promise<string> {
  stderr.write(question);
  try {
    return await readLine('', stdin, new Writable({ write: (_chunk, _encoding, done) => done() }));
  } finally {
    stderr.write('\n');
  }
}

function readLine(question: string, input: Input, output: Writable): Promise<string> {
  // `terminal` puts the input into raw mode, so that the terminal itself echoes nothing.
  const lines = createInterface({ input, output, terminal: true, historySize: 0 });
  return new Promise((resolve, reject) => {
    lines.on('SIGINT', () => {
      reject(new Interrupted());
      lines.close();
    });
    lines.once('close', () => reject(new Interrupted()));
    lines.question(question, (answer) => {
      resolve(answer);
      lines.close();
    });
  });
}

/** All of the input, at most `maxBytes` of it; the rest is not read. */
export async function readBounded(input: Input, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input) {
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : (chunk as Buffer);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes).toString('utf8');
}
