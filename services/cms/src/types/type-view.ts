import type { ContentType, Field, ValueShape } from './field.ts';

/** A type as it travels: other types, and its own title field, by name. */
export function typeView(type: ContentType, siteTypes: readonly ContentType[], indexing: ReadonlySet<string>) {
  const nameOf = (id: string) => siteTypes.find((other) => other.id === id)?.name;
  return {
    id: type.id,
    site: type.site,
    name: type.name,
    label: type.label ?? null,
    title_field: type.fields.find((field) => field.id === type.titleField)?.name ?? null,
    language: type.language ?? null,
    fields: type.fields.map((field) => shapeView(field, nameOf)),
    index_status: indexing.has(type.id) ? ('building' as const) : ('ready' as const),
    version: type.version,
    created_at: new Date(type.createdAt).toISOString(),
    updated_at: new Date(type.updatedAt).toISOString(),
  };
}

function shapeView<Shape extends ValueShape | Field>(shape: Shape, nameOf: (id: string) => string | undefined): Shape {
  return {
    ...shape,
    ...(shape.to !== undefined && { to: shape.to.flatMap((id) => nameOf(id) ?? []) }),
    ...(shape.of !== undefined && { of: shapeView(shape.of, nameOf) }),
    ...(shape.fields !== undefined && { fields: shape.fields.map((field) => shapeView(field, nameOf)) }),
  };
}
