import { type CursorValues, readCursor, writeCursor } from '@gaia/http-service/cursor';
import type { Caller } from '@gaia/policy/visibility';
import { type Expression, type Kysely, type SqlBool, sql } from 'kysely';
import type { AssetsDatabase, Visibility } from '../database.ts';
import { readableFiles } from '../references/readable-files.ts';
import { toFile } from './file-rows.ts';
import type { StoredFile } from './stored-file.ts';

export const fileSorts = ['-created_at', 'created_at', 'file_name', '-file_name', 'size', '-size'] as const;
export type FileSort = (typeof fileSorts)[number];

export interface FileFilter {
  /** Words that all stand in the name, caption, credit, tags or alternative texts. */
  readonly q?: string | undefined;
  /** Exactly this folder. */
  readonly folder?: string | undefined;
  /** This folder and all below it. */
  readonly below?: string | undefined;
  readonly tag?: string | undefined;
  /** `image/png`, or `image/*`. */
  readonly mediaType?: string | undefined;
  readonly uploadedBy?: string | undefined;
  readonly visibility?: Visibility | undefined;
  readonly sha256?: string | undefined;
}

/** Value and id of the last file of a page. */
type Position = readonly [sort: FileSort, value: string | number, id: string];

export interface FileListQuery {
  readonly site: string;
  readonly filter: FileFilter;
  readonly sort: FileSort;
  readonly after: Position | undefined;
  readonly limit: number;
}

export interface FileLists {
  /** Those that a caller may read. */
  list(caller: Caller, query: FileListQuery): Promise<readonly StoredFile[]>;
  /** Folders of files that a caller may read, and how many are in each, by name; at most 1,000. */
  folders(caller: Caller, site: string): Promise<readonly { readonly folder: string; readonly files: number }[]>;
}

const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const LAST_TIME = 253_402_214_400_000;

export function writeFileCursor(sort: FileSort, file: StoredFile): string {
  return writeCursor([sort, sortValueOf(sort, file), file.id]);
}

/** Throws invalid_cursor, also for a cursor of a list in another order. */
export function readFileCursor(sort: FileSort, cursor: string | undefined): Position | undefined {
  return readCursor(cursor, (values: CursorValues): values is Position => {
    const [of, value, id] = values;
    if (values.length !== 3 || of !== sort || typeof id !== 'string' || !uuid.test(id)) return false;
    if (sort.endsWith('file_name')) return typeof value === 'string' && !value.includes('\0');
    return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= LAST_TIME;
  });
}

export function createFileLists(database: Kysely<AssetsDatabase>): FileLists {
  return {
    list: async (caller, { site, filter, sort, after, limit }) => {
      const direction = sort.startsWith('-') ? 'desc' : 'asc';
      const column = sortColumn(sort);
      let query = database
        .selectFrom('files as f')
        .selectAll('f')
        .where('f.site', '=', site)
        .where(readableFiles(caller, site));
      for (const condition of conditionsOf(filter)) query = query.where(condition);
      if (after !== undefined) {
        const [, value, id] = after;
        const at = sort.endsWith('created_at') ? sql`${new Date(Number(value))}::timestamptz` : sql`${value}`;
        query = query.where(
          sql<SqlBool>`(${column}, f.id) ${sql.raw(direction === 'desc' ? '<' : '>')} (${at}, ${id}::uuid)`,
        );
      }
      const rows = await query.orderBy(column, direction).orderBy('f.id', direction).limit(limit).execute();
      return rows.map(toFile);
    },
    folders: (caller, site) =>
      database
        .selectFrom('files as f')
        .select(['f.folder', sql<number>`count(*)::int`.as('files')])
        .where('f.site', '=', site)
        .where('f.folder', '<>', '')
        .where(readableFiles(caller, site))
        .groupBy('f.folder')
        .orderBy('f.folder')
        .limit(1_000)
        .execute(),
  };
}

function sortColumn(sort: FileSort) {
  if (sort.endsWith('created_at')) return sql`f.created_at`;
  return sort.endsWith('size') ? sql`f.size` : sql`f.file_name collate "C"`;
}

function sortValueOf(sort: FileSort, { createdAt, size, fileName }: StoredFile): string | number {
  if (sort.endsWith('created_at')) return createdAt.getTime();
  return sort.endsWith('size') ? size : fileName;
}

function conditionsOf(filter: FileFilter): readonly Expression<SqlBool>[] {
  const { q, folder, below, tag, mediaType, uploadedBy, visibility, sha256 } = filter;
  const words =
    q
      ?.normalize('NFKC')
      .toLowerCase()
      .split(/\s+/u)
      .filter((word) => word !== '') ?? [];
  const conditions = words.map((word) => sql<SqlBool>`f.search_text like ${`%${escaped(word)}%`}`);
  if (folder !== undefined) conditions.push(sql`f.folder = ${folder}`);
  if (below !== undefined) conditions.push(sql`(f.folder = ${below} or f.folder like ${`${escaped(below)}/%`})`);
  if (tag !== undefined) conditions.push(sql`${tag} = any(f.tags)`);
  if (mediaType?.endsWith('/*')) conditions.push(sql`f.media_type like ${`${escaped(mediaType.slice(0, -1))}%`}`);
  else if (mediaType !== undefined) conditions.push(sql`f.media_type = ${mediaType}`);
  if (uploadedBy !== undefined) conditions.push(sql`f.uploaded_by = ${uploadedBy}`);
  if (visibility !== undefined) conditions.push(sql`f.visibility = ${visibility}`);
  if (sha256 !== undefined) conditions.push(sql`f.sha256 = ${sha256}`);
  return conditions;
}

function escaped(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}
