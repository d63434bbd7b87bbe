import { CommanderError } from '@commander-js/extra-typings';
import type { Context } from './context.ts';
import { exitCodes, Failure, Interrupted, UsageError } from './failure.ts';
import { createProgram, fullName } from './program.ts';
import { printable, withoutTokens } from './terminal/printable.ts';
import { usageMessage } from './usage-message.ts';

/**
 * Runs `gaia` with these arguments (without the program's name); gives the exit code: 0 done, 1 could not be done,
 * 2 wrong use, 130 interrupted at a question. Never throws.
 */
export async function gaia(args: readonly string[], context: Context): Promise<number> {
  let exitCode: number = exitCodes.ok;
  let name = 'gaia';
  const program = createProgram({
    ...context,
    setExitCode: (code) => {
      exitCode = code;
    },
  });
  for (const parent of [program, ...program.commands]) {
    parent.hook('preSubcommand', (_parent, command) => {
      name = fullName(command);
    });
  }
  const names = program.commands.map((command) => command.name());
  try {
    await program.parseAsync(readable(args, names), { from: 'user' });
    return exitCode;
  } catch (error) {
    return failed(error, name, context);
  }
}

/** A key id (RFC 7638, SHA-256) that begins with a dash, as one in 64 does: no option looks like that. */
const dashedId = /^-[A-Za-z0-9_-]{42}$/;

/** The arguments in the form in which commander understands them. */
function readable(args: readonly string[], names: readonly string[]): readonly string[] {
  const [first = '--help', ...rest] = args[0] === 'help' ? [...args.slice(1), '--help'] : args;
  // Beside an unknown command, --help would be taken for the whole program's.
  if (!first.startsWith('-') && !names.includes(first)) return [first];
  const all = [first, ...rest];
  if (all.includes('--') || !all.some((argument) => dashedId.test(argument))) return all;
  return [...all.filter((argument) => !dashedId.test(argument)), '--', ...all.filter((one) => dashedId.test(one))];
}

function failed(error: unknown, name: string, { stderr }: Context): number {
  const say = (line: string) => stderr.write(`${printable(withoutTokens(line))}\n`);
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof CommanderError && error.code === 'commander.helpDisplayed') return exitCodes.ok;
  // A group without a command: its help is on standard error.
  if (error instanceof CommanderError && error.code === 'commander.help') return exitCodes.usage;
  if (error instanceof UsageError || error instanceof CommanderError) {
    say(`${name}: ${error instanceof CommanderError ? usageMessage(error) : error.message}`);
    say(`${name} --help says how it is used.`);
    return exitCodes.usage;
  }
  if (error instanceof Failure) {
    say(`${name}: ${error.message}`);
    for (const detail of error.details) say(`  ${detail}`);
    return exitCodes.failed;
  }
  say(`${name}: this should not have happened: ${error instanceof Error ? error.message : 'unknown'}`);
  return exitCodes.failed;
}
