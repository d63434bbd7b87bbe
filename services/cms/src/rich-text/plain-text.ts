import type { RichTextDocument, RichTextNode } from './document.ts';

/** Nodes whose children stand beside each other in a line of their own. */
const lines = new Set(['paragraph', 'heading', 'codeBlock']);

/** What people read of a rich text, one line a block; alternatives of images are read too. */
export function richTextText(document: RichTextDocument): string {
  const parts: string[] = [];
  collect(document, parts);
  return parts.filter((line) => line !== '').join('\n');
}

function collect(node: RichTextNode, parts: string[]): void {
  if (lines.has(node.type)) {
    parts.push((node.content ?? []).map((child) => (child.type === 'hardBreak' ? '\n' : (child.text ?? ''))).join(''));
    return;
  }
  if (node.type === 'image' && typeof node.attrs?.alt === 'string') parts.push(node.attrs.alt);
  for (const child of node.content ?? []) collect(child, parts);
}
