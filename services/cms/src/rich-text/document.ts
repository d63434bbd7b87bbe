/** A node of a rich text: ProseMirror's JSON, with the names that Tiptap's nodes and marks have. ADR 0034. */
export interface RichTextNode {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
  readonly content?: readonly RichTextNode[];
  readonly marks?: readonly RichTextMark[];
  readonly text?: string;
}

export interface RichTextMark {
  readonly type: string;
  readonly attrs?: Readonly<Record<string, unknown>>;
}

export interface RichTextDocument extends RichTextNode {
  readonly type: 'doc';
}

export const richTextBounds = Object.freeze({
  /** Of what is read as HTML or Markdown, in UTF-16 code units. */
  sourceLength: 200_000,
  nodes: 10_000,
  /** Nodes within each other. JSON nests twice as deep, and bodies take 64 levels. */
  depth: 24,
  url: 2_000,
  attribute: 1_000,
});

export const emptyDocument: RichTextDocument = Object.freeze({ type: 'doc', content: [{ type: 'paragraph' }] });
