import type { Command } from './command.ts';
import { commands } from './command-table.ts';
import type { Context } from './context.ts';
import { exitCodes, Failure, Interrupted, UsageError } from './failure.ts';
import { commandHelp, overview } from './help.ts';
import { nearest } from './suggestion.ts';
import { printable, withoutTokens } from './terminal/printable.ts';

/**
 * Runs `gaia` with these arguments (without the program's name); gives the exit code: 0 done, 1 could not be done,
 * 2 wrong use, 130 interrupted at a question. Never throws.
 */
export async function gaia(args: readonly string[], context: Context): Promise<number> {
  const [first = 'help', ...rest] = args;
  if (first === 'help') return help(rest, context);
  if (first === '--help' || first === '-h') return help([], context);
  const command = commandOf(args);
  const behind = args.slice(command?.name.split(' ').length ?? 1);
  if (asksForHelp(behind)) return help(command?.name.split(' ') ?? [first], context);
  if (command === undefined) return unknown(args, context);
  try {
    return await command.run(behind, context);
  } catch (error) {
    return failed(error, command, context);
  }
}

function commandOf(args: readonly string[]): Command | undefined {
  return commands.find(({ name }) => name.split(' ').every((word, index) => args[index] === word));
}

function groupOf(word: string | undefined): readonly Command[] {
  return commands.filter(({ name }) => name.startsWith(`${word} `));
}

function asksForHelp(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? undefined : end).some((arg) => arg === '--help' || arg === '-h');
}

function help(words: readonly string[], context: Context): number {
  const command = commandOf(words);
  const group = groupOf(words[0]);
  if (command !== undefined) context.stdout.write(commandHelp(command));
  else if (words.length === 0 || group.length > 0) context.stdout.write(overview(group.length > 0 ? group : commands));
  else return unknown(words, context);
  return exitCodes.ok;
}

function unknown(args: readonly string[], { stderr }: Context): number {
  const words = args.slice(0, 2).filter((word) => /^[a-z][a-z-]{0,30}$/.test(word));
  const group = groupOf(args[0]);
  if (group.length > 0 && args.length === 1) {
    stderr.write(overview(group));
    return exitCodes.usage;
  }
  const meant = meantCommand(words);
  // Other text is not repeated: a token could stand where a command is expected.
  stderr.write(`gaia: there is no command ${words.length > 0 ? `"${words.join(' ')}"` : 'of this name'}\n`);
  stderr.write(meant === undefined ? 'gaia help lists the commands.\n' : `Did you mean gaia ${meant}?\n`);
  return exitCodes.usage;
}

/** Both words together, or the first alone for commands of one word; without a near one, the group that was hit. */
function meantCommand(words: readonly string[]): string | undefined {
  const [first = '', second] = words;
  const names = commands.map(({ name }) => name);
  if (second !== undefined) {
    const both = nearest(`${first} ${second}`, names);
    if (both !== undefined) return both;
  }
  const groups = names.map((name) => name.split(' ')[0] ?? '');
  const one = nearest(first, [...new Set(groups)]);
  return one === undefined || names.includes(one) ? one : `${one} (${groupOf(one).map(lastWord).join(', ')})`;
}

function lastWord({ name }: Command): string {
  return name.split(' ').at(-1) ?? name;
}

function failed(error: unknown, { name }: Command, { stderr }: Context): number {
  const say = (line: string) => stderr.write(`${printable(withoutTokens(line))}\n`);
  if (error instanceof Interrupted) return exitCodes.interrupted;
  if (error instanceof UsageError) {
    say(`gaia ${name}: ${error.message}`);
    say(`gaia ${name} --help says how it is used.`);
    return exitCodes.usage;
  }
  if (error instanceof Failure) {
    say(`gaia ${name}: ${error.message}`);
    for (const detail of error.details) say(`  ${detail}`);
    return exitCodes.failed;
  }
  say(`gaia ${name}: this should not have happened: ${error instanceof Error ? error.message : 'unknown'}`);
  return exitCodes.failed;
}
