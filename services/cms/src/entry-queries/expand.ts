import type { EntryView } from '../entries/entry.ts';
import type { entryResponse } from '../entries/entry-response.ts';
import { problem } from '../errors.ts';
import type { Field, ValueShape } from '../types/field.ts';
import { isJsonObject } from '../values/json-values.ts';
import { endOf, type Selection } from './selection.ts';

type EntryJson = ReturnType<typeof entryResponse>;
type Path = readonly string[];

/** What one answer may hold of expanded entries: distinct ones, places where they stand, and characters of JSON. */
const bounds = Object.freeze({ entries: 1_000, places: 5_000, characters: 16 * 1024 * 1024 });

export interface ExpandDependencies {
  /** Those of the ids that the caller may read. */
  readonly getMany: (ids: readonly string[]) => Promise<ReadonlyMap<string, EntryView>>;
  readonly respond: (entry: EntryView) => EntryJson;
}

/** An entry of the answer, whose references are still ids, and what is asked of it. */
interface Node {
  readonly view: EntryView;
  readonly json: EntryJson;
  readonly selection: Selection;
}

/** A reference of the answer; `put` writes the entry in its place. */
interface Place {
  readonly id: string;
  readonly selection: Selection;
  /** What the place has in common with others where the same is asked of the same entry. */
  readonly key: string;
  put(json: EntryJson): void;
}

/**
 * The entries as they travel, with the selected fields, and with the entries to which expanded references lead in the
 * place of their ids: read as the caller, all of one level in one query. A reference to what the caller may not read
 * stays an id. Throws `expansion_too_large`.
 */
export async function expandEntries(
  views: readonly EntryView[],
  selection: Selection,
  { getMany, respond }: ExpandDependencies,
): Promise<EntryJson[]> {
  const roots = views.map((view): Node => ({ view, json: respond(view), selection }));
  const total = { entries: 0, places: 0, characters: 0 };
  for (let nodes = roots; nodes.length > 0; ) {
    for (const node of nodes) prune(node);
    const places = nodes.flatMap(placesOf);
    if (places.length === 0) break;
    const ids = [...new Set(places.map(({ id }) => id))];
    total.places += places.length;
    total.entries += ids.length;
    if (total.places > bounds.places || total.entries > bounds.entries) throw tooLarge();
    const found = await getMany(ids);
    const made = new Map<string, Node & { readonly characters: number }>();
    for (const { id, key, selection: asked, put } of places) {
      const view = found.get(id);
      if (view === undefined) continue;
      const known = made.get(`${key} ${id}`);
      const json = known?.json ?? respond(view);
      const node = known ?? { view, json, selection: asked, characters: JSON.stringify(json).length };
      made.set(`${key} ${id}`, node);
      total.characters += node.characters;
      if (total.characters > bounds.characters) throw tooLarge();
      put(node.json);
    }
    nodes = [...made.values()];
  }
  return roots.map(({ json }) => json);
}

function tooLarge() {
  return problem('expansion_too_large', {
    detail: 'Ask for fewer entries at a time, fewer references, or fewer fields of them.',
  });
}

/** Takes away the fields that are not selected. */
function prune({ view, json, selection }: Node): void {
  if (selection.fields === undefined) return;
  const kept = [...selection.fields, ...selection.expand];
  for (const field of view.type.fields) {
    const rests = kept.filter(([name]) => name === field.name).map((path) => path.slice(1));
    if (rests.length === 0) delete json.fields[field.name];
    else pruneValue(field, json.fields[field.name], rests);
  }
}

function pruneValue(shape: ValueShape, value: unknown, paths: readonly Path[]): void {
  if (paths.some((path) => path.length === 0)) return;
  if (shape.type === 'list' && shape.of !== undefined && Array.isArray(value)) {
    for (const item of value) pruneValue(shape.of, item, paths);
  } else if (shape.type === 'object' && isJsonObject(value)) {
    for (const field of shape.fields ?? []) {
      const rests = paths.filter(([name]) => name === field.name).map((path) => path.slice(1));
      if (rests.length === 0) delete (value as Record<string, unknown>)[field.name];
      else pruneValue(field, value[field.name], rests);
    }
  }
}

/** The references of an entry that are to be expanded. */
function placesOf({ view, json, selection }: Node): Place[] {
  const { fields = [], expand, richText } = selection;
  // What is asked of the entries behind the same reference is asked together.
  const asked = new Map<string, { path: Path; fields: Path[]; expand: Path[]; whole: boolean }>();
  const note = (path: Path, kind: 'fields' | 'expand') => {
    const field = view.type.fieldByName.get(path[0] ?? '');
    const end = field && endOf(field, path.slice(1));
    if (end?.shape.type !== 'reference' || (kind === 'fields' && end.beyond.length === 0)) return;
    const to = path.slice(0, path.length - end.beyond.length);
    const key = to.join('.');
    const one = asked.get(key) ?? { path: to, fields: [], expand: [], whole: true };
    asked.set(key, one);
    if (end.beyond.length === 0) return;
    one[kind].push(end.beyond);
    if (kind === 'fields') one.whole = false;
  };
  for (const path of fields) note(path, 'fields');
  for (const path of expand) note(path, 'expand');
  return [...asked.values()].flatMap(({ path, whole, ...rest }) => {
    const inner = { fields: whole ? undefined : rest.fields, expand: rest.expand, richText };
    const key = JSON.stringify(inner);
    const field = view.type.fieldByName.get(path[0] ?? '') as Field;
    const places: Place[] = [];
    visit(json.fields, field.name, field, path.slice(1), (id, put) => places.push({ id, selection: inner, key, put }));
    return places;
  });
}

/** Visits the references at a path of a decoded document, in the items of lists as well. */
function visit(
  container: Record<string | number, unknown>,
  at: string | number,
  shape: ValueShape,
  path: Path,
  found: (id: string, put: Place['put']) => void,
): void {
  const value = container[at];
  if (shape.type === 'reference' && typeof value === 'string') {
    found(value, (json) => {
      container[at] = json;
    });
  } else if (shape.type === 'list' && shape.of !== undefined && Array.isArray(value)) {
    // The stored document may be read again for another place.
    const items: unknown[] = [...value];
    container[at] = items;
    for (const index of items.keys()) visit(items as unknown as Record<number, unknown>, index, shape.of, path, found);
  } else if (shape.type === 'object' && isJsonObject(value)) {
    const member = shape.fields?.find(({ name }) => name === path[0]);
    if (member !== undefined) {
      visit(value as Record<string, unknown>, member.name, member, path.slice(1), found);
    }
  }
}
