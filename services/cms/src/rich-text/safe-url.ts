import { richTextBounds } from './document.ts';

const linkSchemes = new Set(['http:', 'https:', 'mailto:', 'tel:']);
const imageSchemes = new Set(['http:', 'https:']);
/** Relative addresses are judged as a browser on a page of a site would read them. */
const BASE = 'https://base.invalid/';

export function isSafeLink(url: unknown): url is string {
  return isSafe(url, linkSchemes);
}

export function isSafeImage(url: unknown): url is string {
  return isSafe(url, imageSchemes);
}

/**
 * By the parser that browsers use (WHATWG URL), which ignores white space and control characters that a comparison of
 * texts would take for another scheme: `java\nscript:`.
 */
function isSafe(url: unknown, schemes: ReadonlySet<string>): boolean {
  if (typeof url !== 'string' || url.length > richTextBounds.url) return false;
  return URL.canParse(url, BASE) && schemes.has(new URL(url, BASE).protocol);
}
