import type { Command, CommandHelp } from './command.ts';
import type { Option, Options } from './option.ts';
import { wrapped } from './terminal/wrapped.ts';

/** The commands with a line each; all of them, or those of one group. */
export function overview(commands: readonly Command[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length));
  const lines = commands.map(({ name, summary }) => `  gaia ${name.padEnd(width)}  ${summary}\n`);
  return `Use: gaia <command> [options]\n\n${lines.join('')}\ngaia <command> --help says more about each.\n`;
}

/** Everything about one command. */
export function commandHelp({ name, summary, details = [], operands, options, examples = [] }: CommandHelp): string {
  return [
    `${summary}.\n`,
    ...details.map((paragraph) => `\n${wrapped(paragraph)}`),
    `\nUse: ${['gaia', name, ...Object.values(operands).map(operandText), '[options]'].join(' ')}\n`,
    optionsText(operands, options),
    examples.length === 0 ? '' : `\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`,
    '\nEnds with 0 when it was done, 1 when it could not be done, 2 when the command line is wrong.\n',
  ].join('');
}

function operandText(operand: Option<unknown>): string {
  const { placeholder = '' } = operand;
  return operand.required ? placeholder : `[${placeholder}]`;
}

function optionsText(operands: Options, options: Options): string {
  const rows = [
    ...Object.values(operands).map(({ placeholder = '', doc }) => [placeholder, doc] as const),
    ...Object.entries(options).map(([name, option]) => [optionName(name, option), docOf(name, option)] as const),
    ['-h, --help', 'show this'] as const,
  ];
  const width = Math.max(...rows.map(([left]) => left.length));
  return `\n${rows.map(([left, doc]) => wrapped(doc, `  ${left.padEnd(width)}  `)).join('')}`;
}

function optionName(name: string, { placeholder }: Option<unknown>): string {
  return placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
}

function docOf(name: string, { doc, required }: Option<unknown>): string {
  if (required) return `${doc} (must be given)`;
  return name === 'url' ? `${doc}; PUBLIC_URL or http://localhost:PORT (8080) if absent` : doc;
}
