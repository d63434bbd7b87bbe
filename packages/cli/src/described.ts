import type { Command } from '@commander-js/extra-typings';

interface Description {
  /** One line, for the overview. */
  readonly summary: string;
  /** Paragraphs under it. */
  readonly details?: readonly string[];
  readonly examples: readonly string[];
}

/** Gives a command its help. */
export function described<Member extends Pick<Command, 'summary' | 'description' | 'addHelpText'>>(
  command: Member,
  { summary, details = [], examples }: Description,
): Member {
  command.summary(summary);
  command.description([`${summary}.`, ...details].join('\n\n'));
  command.addHelpText(
    'after',
    `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}` +
      '\nEnds with 0 when it was done, 1 when it could not be done, 2 when the command line is wrong.',
  );
  return command;
}
