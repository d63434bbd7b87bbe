import type { CommanderError } from '@commander-js/extra-typings';

/** Errors of commander whose messages hold names of ours alone, and nothing that was typed. */
const withoutInput: ReadonlySet<string> = new Set([
  'commander.missingArgument',
  'commander.optionMissingArgument',
  'commander.missingMandatoryOptionValue',
  'commander.conflictingOption',
]);

/** What looks like the name of an option or of a command. */
const NAME = /^(?:--?[A-Za-z]|[a-z])[A-Za-z-]{0,30}$/;

/** What commander says of a wrong command line. Of what was typed only names are repeated: the rest could be a secret. */
export function usageMessage({ code, message }: CommanderError): string {
  if (code === 'commander.excessArguments') return 'too many arguments';
  if (withoutInput.has(code)) return message.replace(/^error: /, '');
  const [, kind, typed = '', suggestion] =
    /^error: unknown (option|command) '(.*)'(?:\n\(Did you mean ([^()]+)\?\))?$/s.exec(message) ?? [];
  if (kind === undefined) return 'the command line is wrong';
  const [name = '', value] = typed.split('=', 2);
  if (!NAME.test(name)) return `unknown ${kind}`;
  const meant = suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
  return `unknown ${kind} '${name}${value === undefined ? '' : '=…'}'${meant}`;
}
