import type { Actor } from '@gaia/audit-log/actor';
import type { Caller } from '@gaia/policy/visibility';
import type { EntryView } from '../entries/entry.ts';
import type { Entries } from '../entries/entry-service.ts';
import type { EntryList, ListRequest } from '../entry-queries/list-entries.ts';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import type { JsonObject } from '../values/json-values.ts';

/** What resolvers work with: everything is in the caller's name, and lives for one request. */
export interface GraphqlContext {
  readonly caller: Caller;
  /** The caller as the audit log names them. */
  readonly actor: Actor;
  readonly site: string;
  readonly entries: Entries;
  list(request: ListRequest): Promise<EntryList>;
  /** Undefined for what the caller may not read. */
  entry(id: string): Promise<EntryView | undefined>;
  /** For changes of entries. */
  readonly files: ReadableFiles;
  asset(id: string): Promise<JsonObject | undefined>;
  search(request: {
    q: string;
    type?: string | null;
    limit?: number | null;
    cursor?: string | null;
  }): Promise<JsonObject>;
}
