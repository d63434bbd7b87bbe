import { readArguments } from './arguments.ts';
import type { Context } from './context.ts';
import type { Options, OptionsOf } from './option.ts';

/** What a command's help is made of. */
export interface CommandHelp {
  /** Its words: `token inspect`. */
  readonly name: string;
  /** One line, for the overview. */
  readonly summary: string;
  /** Paragraphs under it. */
  readonly details?: readonly string[];
  /** In the order in which they stand on the command line. */
  readonly operands: Options;
  readonly options: Options;
  readonly examples?: readonly string[];
}

export interface Command extends CommandHelp {
  /** Takes what stands behind the command's name; gives the exit code. Throws UsageError, Failure, Interrupted. */
  run(args: readonly string[], context: Context): Promise<number>;
}

/** Makes a command whose `run` gets its operands and options read, checked and typed. */
export function defineCommand<P extends Options, O extends Options>(
  definition: CommandHelp & {
    readonly operands: P;
    readonly options: O;
    run(values: OptionsOf<P> & OptionsOf<O>, context: Context): Promise<number>;
  },
): Command {
  return Object.freeze({
    ...definition,
    run: async (args: readonly string[], context: Context) =>
      definition.run(readArguments(args, definition.operands, definition.options), context),
  });
}
