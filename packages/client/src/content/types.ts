/** What is known of one content type at compile time; `gaia types generate` writes it. */
export interface ContentType {
  /** Fields as they are read. */
  readonly fields: object;
  /** Fields as they are written. */
  readonly input: object;
  readonly filter: object;
  /** What lists can be sorted by, with and without `-`. */
  readonly sort: string;
  /** References that can be expanded. */
  readonly expand: string;
}

/** The types of a site by their names; constrains `createClient<Site>()`. */
export type SiteTypes<Site> = { readonly [Name in keyof Site]: ContentType };

/** What holds where nothing was generated. */
export interface AnySite {
  readonly [type: string]: {
    readonly fields: Readonly<Record<string, unknown>>;
    readonly input: Readonly<Record<string, unknown>>;
    readonly filter: Filter;
    readonly sort: string;
    readonly expand: string;
  };
}

export type FilterValue = string | number | boolean | null;

/** Conditions by field and operator, and groups of them: `{ or: [{ title: { contains: 'a' } }, { year: { gte: 2020 } }] }`. */
export interface Filter {
  readonly [field: string]: FilterNode;
}

export type FilterNode = FilterValue | readonly FilterValue[] | Filter | readonly Filter[];

export type Visibility = 'public' | 'members' | 'roles' | 'author' | 'products';

/** An entry as the API gives it. */
export interface Entry<Fields = Readonly<Record<string, unknown>>> {
  readonly id: string;
  readonly site: string;
  readonly type: string;
  readonly status: 'draft' | 'published';
  readonly visibility: Visibility;
  readonly roles?: readonly string[];
  readonly products?: readonly string[];
  readonly author: string;
  readonly fields: Fields;
  readonly version: number;
  readonly changed: boolean;
  readonly created_at: string;
  readonly updated_at: string;
  readonly published_at: string | null;
  readonly updated_by?: string | null;
  readonly updated_via?: string | null;
}

/** A change that was made, and its position in the change feed. */
export type SavedEntry<Fields = Readonly<Record<string, unknown>>> = Entry<Fields> & { readonly seq: string };

export interface Page<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
  /** Where the list was asked for it; null where counting takes too long. */
  readonly total?: number | null;
}
