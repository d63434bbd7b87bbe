import type { Context } from '../context.ts';
import { Failure, UsageError } from '../failure.ts';
import { askHidden, readBounded } from './questions.ts';

const MAX_PASSWORD_INPUT_BYTES = 4_096;

/** Never an option: what stands on a command line stays in the shell's history. */
export async function newPassword(fromStdin: boolean, email: string, context: Context): Promise<string> {
  if (fromStdin) {
    const [line = ''] = (await readBounded(context.stdin, MAX_PASSWORD_INPUT_BYTES)).split(/\r?\n/);
    if (line === '') throw new UsageError('there is no password on standard input');
    // What is no UTF-8 was replaced: that password could never be typed.
    if (line.includes('\ufffd')) throw new UsageError('the password on standard input is not UTF-8');
    return line;
  }
  if (!context.stdin.isTTY) throw new UsageError('there is no terminal to ask for the password; use --password-stdin');
  const password = await askHidden(`New password of ${email}: `, context);
  if ((await askHidden('The same again: ', context)) !== password) throw new Failure('the two passwords differ');
  if (password === '') throw new UsageError('the password must not be empty');
  return password;
}
