import { Type } from 'typebox';
import type { RichTextDocument } from '../rich-text/document.ts';
import { richTextHtml } from '../rich-text/html-output.ts';
import { richTextText } from '../rich-text/plain-text.ts';

export const richTextFormats = ['json', 'html', 'text'] as const;
export type RichTextFormat = (typeof richTextFormats)[number];

export const RichTextFormatQuery = Type.Optional(
  Type.Unsafe<RichTextFormat>({
    type: 'string',
    enum: [...richTextFormats],
    description: 'How rich texts are given: as documents, as safe HTML, or as plain text. `json` if absent',
  }),
);

/** A rich text in a format of the caller's choice. */
export function formatRichText(document: RichTextDocument, format: RichTextFormat): RichTextDocument | string {
  if (format === 'json') return document;
  return format === 'html' ? richTextHtml(document) : richTextText(document);
}
