import { isJsonObject } from '../api/json.ts';
import type { Context } from '../context.ts';
import { askHidden, readBounded } from '../terminal/questions.ts';

/** In bytes, more than any token. Standard input is not read further: what is cut off here is refused as too long. */
export const MAX_INPUT_LENGTH = 64 * 1024;

/**
 * The token that a command is about: the operand, or standard input for `-`. On a terminal it is asked for without
 * being shown. An answer of the token endpoint (`{"access_token": …}`), a whole Authorization header, quotes and white
 * space around it are understood.
 */
export async function readTokenInput(operand: string, context: Context): Promise<string> {
  if (operand !== '-') {
    context.stderr.write(
      "warning: a token on the command line stays in the shell's history and shows in the list of processes; " +
        'use - and standard input\n',
    );
    return bareToken(operand);
  }
  const raw = context.stdin.isTTY
    ? await askHidden('Token: ', context)
    : await readBounded(context.stdin, MAX_INPUT_LENGTH);
  return bareToken(raw);
}

function bareToken(raw: string): string {
  const text = raw.trim();
  return (accessTokenOf(text) ?? text.replace(/^(?:authorization:\s*)?bearer\s+/i, '')).replace(
    /^(["'])(.*)\1$/s,
    '$2',
  );
}

function accessTokenOf(text: string): string | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const answer: unknown = JSON.parse(text);
    return isJsonObject(answer) && typeof answer.access_token === 'string' ? answer.access_token : undefined;
  } catch {
    return undefined;
  }
}
