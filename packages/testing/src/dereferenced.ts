/** An OpenAPI document with a copy of what each local `$ref` points at in its place. */
export function dereferenced<Document>(document: Document): Document {
  const targetOf = (reference: string) =>
    reference
      .slice(2)
      .split('/')
      .reduce<unknown>((at, name) => (at as Record<string, unknown> | undefined)?.[name], document);

  function copyOf(value: unknown, above: readonly string[]): unknown {
    if (Array.isArray(value)) return value.map((member) => copyOf(member, above));
    if (typeof value !== 'object' || value === null) return value;
    const reference = (value as { $ref?: unknown }).$ref;
    if (typeof reference === 'string' && reference.startsWith('#/')) {
      return above.includes(reference) ? {} : copyOf(targetOf(reference), [...above, reference]);
    }
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, copyOf(member, above)]));
  }

  return copyOf(document, []) as Document;
}
