import {
  GraphQLError,
  GraphQLNonNull,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLString,
  Kind,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import type { RichTextDocument } from '../rich-text/document.ts';
import { richTextHtml } from '../rich-text/html-output.ts';
import { richTextText } from '../rich-text/plain-text.ts';

/** A decimal travels as text, so that no reader makes a double of it. */
export const GraphQLDecimal = new GraphQLScalarType<string, string>({
  name: 'Decimal',
  description: 'A decimal number as text, exactly as it was written: "19.90"',
  parseValue: decimalText,
  parseLiteral: (node) => decimalText(node.kind === Kind.STRING ? node.value : undefined),
});

function decimalText(value: unknown): string {
  if (typeof value !== 'string') throw new GraphQLError('A decimal is written as text, such as "19.90".');
  return value;
}

const JsonDocument = new GraphQLScalarType({
  name: 'RichTextDocument',
  description: 'A document in the shape of ProseMirror’s JSON',
});

export const RichTextType = new GraphQLObjectType<RichTextDocument>({
  name: 'RichText',
  fields: {
    json: { type: new GraphQLNonNull(JsonDocument), resolve: (document) => document },
    html: {
      type: new GraphQLNonNull(GraphQLString),
      description: 'Safe to be put into a page',
      resolve: (document) => richTextHtml(document),
    },
    text: {
      type: new GraphQLNonNull(GraphQLString),
      description: 'What is read of it, one line a block',
      resolve: (document) => richTextText(document),
    },
  },
});

/** What it may be is checked as over REST. */
export const RichTextInput = new GraphQLScalarType({
  name: 'RichTextInput',
  description: 'The document, {html: "…"}, {markdown: "…"}, or a text, which is Markdown',
  parseValue: (value) => value,
  parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
});
