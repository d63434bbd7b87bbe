const MEDIA_TYPE = 'application/problem+json';
const MAX_DEPTH = 100;

/**
 * Takes the schema of problem documents, which stands in every refusal of every route, out of `paths` and puts a
 * reference in its place: half of the document, and one type instead of hundreds for who generates code. Gives the
 * schema, or undefined where there is none. What differs from the first one stays where it is.
 */
export function shareProblems(paths: Record<string, unknown>, reference: string): unknown {
  let shared: { readonly schema: unknown; readonly text: string } | undefined;

  function walk(value: unknown, depth: number): void {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    for (const [key, member] of Object.entries(value)) {
      if (key === MEDIA_TYPE) share(member);
      else walk(member, depth + 1);
    }
  }

  function share(content: unknown): void {
    const media = content as { schema?: unknown } | null;
    if (typeof media?.schema !== 'object') return;
    const text = JSON.stringify(media.schema);
    shared ??= { schema: media.schema, text };
    if (text === shared.text) media.schema = { $ref: reference };
  }

  walk(paths, 0);
  return shared?.schema;
}
