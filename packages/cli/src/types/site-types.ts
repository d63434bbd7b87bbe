import type { ContentType, Field } from './content-type.ts';
import { expandPaths, sortPaths } from './paths.ts';
import { member, type NameOf, propertyName, quoted } from './value-types.ts';

const preamble = `import type { Entry } from '@gaia/client/content-types';

/** A rich text as it is read: a document, or the text of an entry that was written before there were documents. */
export type RichText = string | { readonly type: 'doc'; readonly content?: readonly unknown[] };
/** As it is written: Markdown, or one of these. */
export type RichTextInput = RichText | { readonly html: string } | { readonly markdown: string };

interface Tests<Value> {
  readonly eq?: Value;
  readonly ne?: Value;
  readonly in?: readonly Value[];
  readonly nin?: readonly Value[];
  readonly empty?: boolean;
}
interface OrderedTests<Value> extends Tests<Value> {
  readonly lt?: Value;
  readonly lte?: Value;
  readonly gt?: Value;
  readonly gte?: Value;
}
interface TextTests extends OrderedTests<string> {
  readonly contains?: string;
  readonly starts_with?: string;
}
interface RichTextTests {
  readonly contains?: string;
  readonly empty?: boolean;
}
interface ListTests<Item> {
  readonly contains?: Item;
  readonly empty?: boolean;
}
interface EntryTests {
  readonly id?: Tests<string>;
  readonly author?: Tests<string>;
  readonly visibility?: Tests<'public' | 'members' | 'roles' | 'author' | 'products'>;
  readonly created_at?: OrderedTests<string>;
  readonly updated_at?: OrderedTests<string>;
  readonly published_at?: OrderedTests<string>;
}
interface Groups<Filter> {
  readonly and?: readonly Filter[];
  readonly or?: readonly Filter[];
  readonly not?: Filter;
}
type Sort<Name extends string> = Name | \`-\${Name}\`;
`;

/** A module of TypeScript types for `createClient<Site>()`: one member of `Site` for each content type. */
export function siteTypes(site: string, types: readonly ContentType[]): string {
  const names = typeNames(types);
  const nameOf: NameOf = (type) => names.get(type);
  const byName = new Map(types.map((type) => [type.name, type]));
  const parts = types.map((type) => {
    const name = names.get(type.name) ?? '';
    const union = (paths: readonly string[]) => paths.map(quoted).join(' | ') || 'never';
    return [
      comment(`Fields of ${type.name}. A draft may lack those that a published entry must have.`),
      `export interface ${name}Fields {\n${members(type.fields, 'read')}}`,
      `export interface ${name}Input {\n${members(type.fields, 'write')}}`,
      `export interface ${name}Tests extends EntryTests {\n${members(type.fields, 'filter')}}`,
      `export interface ${name}Filter extends ${name}Tests, Groups<${name}Filter> {}`,
      `export type ${name}Sort = Sort<${union(sortPaths(type.fields))}>;`,
      `export type ${name}Expand = ${union(expandPaths(type, byName))};`,
    ].join('\n');
  });
  const list = types.map(({ name: type }) => {
    const name = names.get(type);
    const shape = ['fields', 'input', 'filter', 'sort', 'expand'].map(
      (part) => `    readonly ${part}: ${name}${part.charAt(0).toUpperCase()}${part.slice(1)};\n`,
    );
    return `  readonly ${propertyName(type)}: {\n${shape.join('')}  };\n`;
  });
  const head = `// Written by \`gaia types generate\` from the content types of ${oneLine(site)}. Write it anew when they change.\n\n`;
  return `${head}${preamble}\n${parts.map((part) => `${part}\n\n`).join('')}export interface Site {\n${list.join('')}}\n`;

  function members(fields: readonly Field[], use: 'read' | 'write' | 'filter'): string {
    return fields
      .map((field) => {
        const about = use === 'read' ? (field.description ?? field.label) : undefined;
        return `${about ? `  ${comment(about)}\n` : ''}  ${member(field, use, nameOf)};\n`;
      })
      .join('');
  }
}

/** `blog-post` is `BlogPost`; what would be the same as another gets a number. */
function typeNames(types: readonly ContentType[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  const taken = new Set<string>();
  for (const { name } of types) {
    const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
    const base = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('') || 'Type';
    let unique = base;
    for (let number = 2; taken.has(unique); number += 1) unique = `${base}${number}`;
    taken.add(unique);
    names.set(name, unique);
  }
  return names;
}

function comment(text: string): string {
  return `/** ${oneLine(text).replaceAll('*/', '*\\/')} */`;
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}
