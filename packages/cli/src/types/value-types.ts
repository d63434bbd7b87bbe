import type { Field, Shape } from './content-type.ts';

/** Whether a value is read, written, or tested by a filter. */
type Use = 'read' | 'write' | 'filter';

/** The TypeScript name of a content type, such as `BlogPost`. */
export type NameOf = (type: string) => string | undefined;

/** The TypeScript type of a value. */
export function valueType(shape: Shape, use: Use, nameOf: NameOf): string {
  switch (shape.type) {
    case 'text':
      return use === 'filter' ? 'TextTests' : 'string';
    case 'richText':
      return { read: 'RichText', write: 'RichTextInput', filter: 'RichTextTests' }[use];
    case 'number':
      return use === 'filter' ? 'OrderedTests<number>' : 'number';
    case 'decimal':
      return use === 'filter' ? 'OrderedTests<string | number>' : 'string';
    case 'boolean':
      return use === 'filter' ? 'Tests<boolean>' : 'boolean';
    case 'date':
      return use === 'filter' ? 'OrderedTests<string>' : 'string';
    case 'enum': {
      const values = (shape.values ?? []).map(quoted).join(' | ') || 'string';
      return use === 'filter' ? `OrderedTests<${values}>` : values;
    }
    case 'reference':
      return referenceType(shape, use, nameOf);
    case 'asset':
      return use === 'filter' ? 'Tests<string>' : 'string';
    case 'list':
      return listType(shape.of ?? { type: 'unknown' }, use, nameOf);
    case 'object':
      return objectType(shape.fields ?? [], use, nameOf);
    default:
      return use === 'filter' ? 'Tests<string | number | boolean>' : 'unknown';
  }
}

function referenceType({ to }: Shape, use: Use, nameOf: NameOf): string {
  if (use === 'write') return 'string';
  const targets = to?.map(nameOf).filter((name) => name !== undefined) ?? [];
  if (use === 'read') {
    return `string | ${targets.length === 0 ? 'Entry' : targets.map((name) => `Entry<${name}Fields>`).join(' | ')}`;
  }
  return targets.length === 0
    ? 'Tests<string>'
    : `Tests<string> & (${targets.map((name) => `${name}Tests`).join(' | ')})`;
}

function listType(of: Shape, use: Use, nameOf: NameOf): string {
  if (use !== 'filter') return `readonly (${valueType(of, use, nameOf)})[]`;
  // The members of its objects, and of what its references lead to, are tested through the list.
  if (of.type === 'object' || of.type === 'list') return `ListTests<never> & ${valueType(of, use, nameOf)}`;
  const item = of.type === 'reference' || of.type === 'asset' ? 'string' : valueType(of, 'write', nameOf);
  const beyond = of.type === 'reference' && (of.to?.length ?? 0) > 0 ? ` & ${valueType(of, use, nameOf)}` : '';
  return `ListTests<${item}>${beyond}`;
}

export function objectType(fields: readonly Field[], use: Use, nameOf: NameOf): string {
  return `{ ${fields.map((field) => member(field, use, nameOf)).join('; ')} }`;
}

/** Drafts may lack what is required, and a filter tests what it likes; who may not read a field does not get it. */
export function member(field: Field, use: Use, nameOf: NameOf): string {
  const isSure = use === 'read' && field.required === true && (field.readable_by?.length ?? 0) === 0;
  return `readonly ${propertyName(field.name)}${isSure ? '' : '?'}: ${valueType(field, use, nameOf)}`;
}

export function propertyName(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : quoted(name);
}

/** A text as TypeScript writes it. JSON, with the two line ends that JSON allows in a text. */
export function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
}
