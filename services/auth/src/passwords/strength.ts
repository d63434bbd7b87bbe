import { problem } from '../errors.ts';
import { predictableWords } from './predictable-words.ts';

/** Words that an attacker tries first: names of the user and of the site. */
export type PersonalWords = readonly (string | null | undefined)[];

export interface PasswordStrength {
  /** Why a new password cannot be taken; undefined if it can. */
  weakness(password: string, words: PersonalWords): Promise<string | undefined>;
  /** Throws password_too_weak, whose detail says what is wrong and what would be better. */
  require(password: string, words: PersonalWords): Promise<void>;
}

/** A password that is found within so many guesses is refused; online guessing is slowed down far below that. */
const LEAST_GUESSES_LOG10 = 7;
/** What lies behind adds no weakness, and the time of the search grows with the square of the length. */
const MAX_LENGTH_LOOKED_AT = 64;
const MAX_WORDS = 48;
/** Characters that must be left beside one word, words that are expected here, and years. */
const LEAST_REST = 5;

const warnings: Readonly<Record<string, string>> = Object.freeze({
  topTen: 'This is one of the most used passwords.',
  topHundred: 'This is one of the most used passwords.',
  common: 'This password has been in data breaches, so it is among the first that are tried.',
  similarToCommon: 'This is close to a password that has been in data breaches.',
  straightRow: 'Rows of keys are easy to guess.',
  keyPattern: 'Patterns on the keyboard are easy to guess.',
  simpleRepeat: 'Repeated characters are easy to guess.',
  extendedRepeat: 'Repeated patterns are easy to guess.',
  sequences: 'Sequences such as abc or 6543 are easy to guess.',
  recentYears: 'Years are easy to guess.',
  dates: 'Dates are easy to guess.',
  userInputs: 'Your name, your address and the name of the site are easy to guess.',
  wordByItself: 'Single words are easy to guess.',
  wordAndNumber: 'A word with a year, a number or a sign is easy to guess.',
});

/** Names what is wrong with a password, where something is. */
type Check = (password: string, words: string[]) => string | undefined;

export interface PasswordStrengthOptions {
  /** What everybody who guesses here knows, such as the host of the installation. */
  readonly words?: PersonalWords;
}

/**
 * The list of breached and common passwords (49,000, from breaches) and the estimate of guesses, both offline. They are
 * read when the first password is looked at.
 */
export function createPasswordStrength({ words: known = [] }: PasswordStrengthOptions = {}): PasswordStrength {
  let loading: Promise<Check> | undefined;

  async function load(): Promise<Check> {
    const [{ ZxcvbnFactory }, { adjacencyGraphs, dictionary }] = await Promise.all([
      import('@zxcvbn-ts/core'),
      import('@zxcvbn-ts/language-common'),
    ]);
    const zxcvbn = new ZxcvbnFactory({
      dictionary: { ...dictionary, [PREDICTABLE]: [...predictableWords] },
      graphs: adjacencyGraphs,
      maxLength: MAX_LENGTH_LOOKED_AT,
    });
    return (password, words) => {
      const { guessesLog10, feedback, sequence } = zxcvbn.check(password, words);
      const pattern = patternOf(sequence);
      if (pattern === 'userInputs') return pattern;
      return guessesLog10 < LEAST_GUESSES_LOG10 ? (feedback.warning ?? pattern ?? 'unknown') : pattern;
    };
  }

  async function weakness(password: string, words: PersonalWords): Promise<string | undefined> {
    loading ??= load().catch((error) => {
      loading = undefined;
      throw error;
    });
    const check = await loading;
    const text = password.normalize('NFKC').slice(0, MAX_LENGTH_LOOKED_AT);
    const own = wordsOf([...words, ...known]);
    const warning = isMadeOf(own, text) ? PERSONAL : check(text, own);
    return warning === undefined ? undefined : messageOf(warning);
  }

  return {
    weakness,
    require: async (password, words) => {
      const message = await weakness(password, words);
      if (message === undefined) return;
      throw problem('password_too_weak', { detail: message, errors: [{ path: '/body/password', message }] });
    },
  };
}

function messageOf(warning: string): string {
  const why = (Object.hasOwn(warnings, warning) && warnings[warning]) || 'This is easy to guess.';
  return `${why} Take a longer one: a few words that have nothing to do with each other are good.`;
}

/** Whether hardly anything is left of a password without the words (NIST SP 800-63B: context-specific words). */
function isMadeOf(words: readonly string[], password: string): boolean {
  const letters = (text: string) => text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '');
  const whole = letters(password);
  let left = whole;
  for (const word of words.map(letters).sort((a, b) => b.length - a.length)) {
    if (word !== '') left = left.replaceAll(word, '');
  }
  return left.length < whole.length && left.replace(YEARS, '').length < LEAST_REST;
}

interface Match {
  readonly pattern: string;
  readonly token: string;
  readonly dictionaryName?: string;
}

const YEARS = /(?:19|20)\d\d/g;
const PREDICTABLE = 'predictable';
const PERSONAL = 'userInputs';

/**
 * `Summer2026!`, `Company123!`: the estimate takes the number at the end for one of many, and people do not. One word
 * beside those that are expected here, with hardly anything left but years and sequences, is a pattern. Undefined where it
 * is none.
 */
function patternOf(sequence: readonly Match[]): 'userInputs' | 'wordAndNumber' | undefined {
  const words = sequence.filter(({ pattern }) => pattern === 'dictionary');
  const others = words.filter(({ dictionaryName }) => dictionaryName !== PREDICTABLE && dictionaryName !== PERSONAL);
  const rest = sequence
    .filter(({ pattern }) => pattern === 'bruteforce')
    .map(({ token }) => token.replace(YEARS, ''))
    .join('');
  if (words.length === 0 || others.length > 1 || [...rest].length >= LEAST_REST) return undefined;
  return words.some(({ dictionaryName }) => dictionaryName === PERSONAL) ? 'userInputs' : 'wordAndNumber';
}

/** The words, and the parts of addresses and names. */
function wordsOf(words: PersonalWords): string[] {
  const parts = words.flatMap((word) => (word ? [word, ...word.split(/[^\p{L}\p{N}]+/u)] : []));
  const long = parts.map((part) => part.toLowerCase().slice(0, MAX_LENGTH_LOOKED_AT)).filter((part) => part.length > 2);
  return [...new Set(long)].slice(0, MAX_WORDS);
}
