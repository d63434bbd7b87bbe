import type { ProblemPart } from '@gaia/http-service/problem';
import { problem } from '@gaia/http-service/problem';
import { sameJson } from '../values/json-values.ts';
import { isLanguageTag } from '../values/language-tag.ts';
import type { ContentType, Field } from './field.ts';
import { readFields } from './field-reading.ts';
import { withRichTexts } from './rich-text-values.ts';
import { fieldsSchema } from './value-schema.ts';
import { compileValues } from './value-validator.ts';

/** What a caller says of a type; what is not said stays as it is. */
export interface TypeInput {
  readonly name?: string;
  readonly label?: string | null;
  /** Name of the field that names an entry. */
  readonly title_field?: string | null;
  /** BCP 47. */
  readonly language?: string | null;
  readonly fields?: unknown;
  /** Ids of fields that may go, with what entries hold in them. */
  readonly remove?: readonly string[];
}

export interface DefinitionContext {
  newFieldId(): string;
  typeIdOf(name: string): string | undefined;
}

export type Definition = Pick<ContentType, 'name' | 'label' | 'titleField' | 'language' | 'fields'>;

/**
 * What a type becomes by an input. Throws `validation_failed` naming each wrong part.
 * A field that the input leaves out goes only if `remove` names it: a forgotten field is no order to lose its values.
 */
export function defineType(current: Definition, input: TypeInput, context: DefinitionContext): Definition {
  const errors: ProblemPart[] = [];
  const report = (part: ProblemPart) => errors.push({ ...part, path: part.path.slice(0, 200) });
  const refuseIfWrong = () => {
    const [first] = errors;
    if (first === undefined) return;
    throw problem('validation_failed', { detail: `${first.path} ${first.message}.`, errors: errors.slice(0, 20) });
  };

  const fields =
    input.fields === undefined
      ? current.fields
      : readFields(input.fields, '/body/fields', {
          newId: context.newFieldId,
          existing: current.fields,
          typeIdOf: context.typeIdOf,
          report,
        });
  refuseIfWrong();
  for (const [index, field] of fields.entries()) checkDefault(field, `/body/fields/${index}/default`, report);
  checkRemoval(current.fields, fields, input.remove ?? [], report);
  const titleField = titleFieldOf(current, fields, input.title_field, report);
  if (typeof input.language === 'string' && !isLanguageTag(input.language)) {
    report({ path: '/body/language', message: 'must be a language tag such as de or pt-BR' });
  }
  refuseIfWrong();
  return {
    name: input.name ?? current.name,
    label: input.label === undefined ? current.label : (input.label ?? undefined),
    titleField,
    language: input.language === undefined ? current.language : (input.language ?? undefined),
    fields,
  };
}

export function sameDefinition(one: Definition, other: Definition): boolean {
  return (
    one.name === other.name &&
    one.label === other.label &&
    one.titleField === other.titleField &&
    one.language === other.language &&
    sameJson(one.fields, other.fields)
  );
}

function checkDefault(field: Field, path: string, report: (part: ProblemPart) => void): void {
  if (field.default === undefined) return;
  const check = compileValues(fieldsSchema([field], 'complete'));
  const wrong: ProblemPart[] = [];
  const values = withRichTexts([field], { [field.name]: field.default }, '', (part) => wrong.push(part));
  if (wrong.length > 0 || !check(values)) {
    const why = wrong[0]?.message ?? check.errors?.[0]?.message ?? 'not valid';
    report({ path, message: `is no value that the field takes: ${why}` });
  } else if (field.unique) {
    report({ path, message: 'makes no sense for a field whose values are unique' });
  }
}

function checkRemoval(
  before: readonly Field[],
  after: readonly Field[],
  remove: readonly string[],
  report: (part: ProblemPart) => void,
): void {
  const kept = new Set(idsOf(after));
  for (const field of allFields(before)) {
    if (!kept.has(field.id) && !remove.includes(field.id)) {
      report({
        path: '/body/fields',
        message: `leaves out ${field.name} (${field.id}); name its id in remove if its values may be lost`,
      });
    }
  }
}

function idsOf(fields: readonly Field[]): string[] {
  return allFields(fields).map((field) => field.id);
}

/** Fields with those inside of them; what is below a removed field is not asked for one by one. */
function allFields(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => {
    let shape: Pick<Field, 'of' | 'fields'> | undefined = field;
    while (shape?.of !== undefined) shape = shape.of;
    return [field, ...allFields(shape?.fields ?? [])];
  });
}

function titleFieldOf(
  current: Definition,
  fields: readonly Field[],
  named: string | null | undefined,
  report: (part: ProblemPart) => void,
): string | undefined {
  if (named === null) return undefined;
  if (named === undefined) return fields.find((field) => field.id === current.titleField)?.id;
  const field = fields.find((candidate) => candidate.name === named && candidate.type === 'text');
  if (field === undefined) report({ path: '/body/title_field', message: 'must be the name of a text field' });
  return field?.id;
}
