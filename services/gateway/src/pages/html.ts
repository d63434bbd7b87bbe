import { escapeHtml } from '@gaia/http-service/escape-html';

/** Text that is markup already. */
export interface Html {
  readonly markup: string;
}

type Part = Html | string | number | false | undefined | readonly Part[];

/** A template whose insertions are text, and are escaped as such, unless they are markup of another template. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let markup = strings[0] ?? '';
  for (const [index, part] of parts.entries()) markup += written(part) + (strings[index + 1] ?? '');
  return { markup };
}

function written(part: Part): string {
  if (part === undefined || part === false) return '';
  if (Array.isArray(part)) return part.map(written).join('');
  if (typeof part === 'object') return (part as Html).markup;
  return escapeHtml(String(part));
}
