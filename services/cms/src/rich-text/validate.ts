import { isJsonObject } from '../values/json-values.ts';
import { type RichTextDocument, richTextBounds } from './document.ts';
import { attributes, necessaryAttributes, richTextSchema } from './schema.ts';

/** What is wrong with a rich text, and where: a JSON pointer below it. */
export class RichTextError extends Error {
  readonly path: string;
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

const nodeMembers = new Set(['type', 'attrs', 'content', 'marks', 'text']);

/** Sees that a value is a document by the schema: nothing else in it, and in bounds. Throws RichTextError. */
export function checkDocument(value: unknown): asserts value is RichTextDocument {
  let count = 0;
  checkNode(value, '', 1);
  if ((value as RichTextDocument).type !== 'doc') throw new RichTextError('/type', 'must be doc');

  function checkNode(node: unknown, path: string, depth: number): void {
    count += 1;
    if (count > richTextBounds.nodes) throw new RichTextError('', `has more than ${richTextBounds.nodes} nodes`);
    if (depth > richTextBounds.depth) {
      throw new RichTextError('', `nests deeper than ${richTextBounds.depth} levels`);
    }
    if (!isJsonObject(node)) throw new RichTextError(path, 'must be an object');
    const { type, attrs, content, marks, text } = node;
    const known = typeof type === 'string' && Object.hasOwn(richTextSchema.nodes, type) ? type : undefined;
    if (known === undefined) throw new RichTextError(`${path}/type`, 'is no type of node of rich texts');
    const unknown = Object.keys(node).find((member) => !nodeMembers.has(member));
    if (unknown !== undefined) throw new RichTextError(`${path}/${unknown}`, 'is not known here');
    checkAttributes(known, attrs, path);
    checkMarks(marks, path);
    if (known === 'text' ? typeof text !== 'string' || text === '' : text !== undefined) {
      throw new RichTextError(
        `${path}/text`,
        known === 'text' ? 'must be a text, not empty' : 'is for text nodes only',
      );
    }
    checkContent(known, content, path, depth);
  }

  function checkContent(type: string, content: unknown, path: string, depth: number): void {
    if (content !== undefined && !Array.isArray(content)) throw new RichTextError(`${path}/content`, 'must be a list');
    const parent = richTextSchema.nodes[type];
    if (parent === undefined) throw new TypeError(type);
    let match = parent.contentMatch;
    for (const [index, child] of ((content ?? []) as unknown[]).entries()) {
      const at = `${path}/content/${index}`;
      checkNode(child, at, depth + 1);
      const { type: name, marks } = child as { type: string; marks?: readonly unknown[] };
      const next = match.matchType(richTextSchema.nodes[name] ?? parent);
      if (next === null) throw new RichTextError(at, `is a ${name}, which cannot stand here in a ${type}`);
      if (type === 'codeBlock' && (marks?.length ?? 0) > 0) throw new RichTextError(`${at}/marks`, 'cannot be in code');
      match = next;
    }
    if (!match.validEnd) throw new RichTextError(path, `lacks what a ${type} must contain`);
  }
}

function checkMarks(marks: unknown, path: string): void {
  if (marks === undefined) return;
  if (!Array.isArray(marks)) throw new RichTextError(`${path}/marks`, 'must be a list');
  const seen = new Set<string>();
  for (const [index, mark] of marks.entries()) {
    const at = `${path}/marks/${index}`;
    const type: unknown = isJsonObject(mark) ? mark.type : undefined;
    if (typeof type !== 'string' || !Object.hasOwn(richTextSchema.marks, type)) {
      throw new RichTextError(at, 'is no type of mark of rich texts');
    }
    if (seen.has(type)) throw new RichTextError(at, 'is there twice');
    seen.add(type);
    const unknown = Object.keys(mark).find((member) => member !== 'type' && member !== 'attrs');
    if (unknown !== undefined) throw new RichTextError(`${at}/${unknown}`, 'is not known here');
    checkAttributes(type, mark.attrs, at);
  }
}

function checkAttributes(type: string, attrs: unknown, path: string): void {
  if (attrs !== undefined && !isJsonObject(attrs)) throw new RichTextError(`${path}/attrs`, 'must be an object');
  const checks = attributes[type] ?? {};
  for (const [name, value] of Object.entries(attrs ?? {})) {
    if (value === null) continue;
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) throw new RichTextError(`${path}/attrs/${name}`, `is no attribute of a ${type}`);
    if (!check(value)) throw new RichTextError(`${path}/attrs/${name}`, `has no value that a ${type} takes`);
  }
  const necessary = necessaryAttributes[type];
  if (necessary !== undefined && ((attrs ?? {}) as Record<string, unknown>)[necessary] == null) {
    throw new RichTextError(`${path}/attrs/${necessary}`, 'is missing');
  }
}
