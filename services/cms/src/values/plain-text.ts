/** Tags that can stand within a word, which they must not split. */
const inlineTag =
  /<\/?(?:a|abbr|b|bdi|bdo|big|cite|code|data|del|dfn|em|font|i|ins|kbd|mark|q|s|samp|small|span|strike|strong|sub|sup|time|tt|u|var|wbr)(?=[\s/>])[^<>]*>/gi;

/**
 * What a rich text (Markdown, with HTML in it or not) says, without its markup; for search, never for showing: it
 * makes no text safe to put into a page. Works in linear time.
 */
export function plainText(richText: string): string {
  return richText
    .replace(/<(script|style)\b[^<>]*>[^<]*<\/\1>/gi, ' ')
    .replace(inlineTag, '')
    .replace(/<[A-Za-z/!][^<>]*>/g, ' ')
    .replace(/!?\[([^[\]]*)\]\([^()\s]*\)/g, '$1')
    .replace(/^[ \t]{0,3}(?:#{1,6}|>|[-*+]|\d{1,9}[.)])[ \t]+/gm, '')
    .replace(/[*_~`]{1,3}/g, '')
    .replace(/[ \t]+/g, ' ')
    .trim();
}
