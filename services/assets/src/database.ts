import type { AuditTables } from '@gaia/audit-log/tables';
import type { Format } from '@gaia/image-variants/ladder';
import type { Identity } from '@gaia/tokens/identity';
import type { ColumnType, RawBuilder } from 'kysely';
import type { ReceivedChunks, StoreKind } from './storage/file-store.ts';

type Timestamp = ColumnType<Date, Date | string, Date | string>;

/** Who made a link, as revocations and the policy ask about the access token that it was made with. */
export type Maker = Pick<
  Identity,
  'subject' | 'site' | 'roles' | 'scopes' | 'tokenId' | 'keyId' | 'issuedAt' | 'sessionId' | 'actorSessionIds'
>;

/**
 * What a file is readable by in itself, whatever entries mention it: everybody, members of its site who may read files, those
 * of them who hold one of some products, or only its uploader and users who edit all content.
 */
export const visibilities = ['private', 'members', 'public', 'products'] as const;
export type Visibility = (typeof visibilities)[number];

interface FilesTable {
  id: string;
  site: string;
  file_name: string;
  media_type: string;
  size: ColumnType<number | bigint, number, number>;
  /** Hexadecimal. */
  sha256: string;
  visibility: Visibility;
  /** With the visibility `products`: one of them is needed. */
  products: string[];
  /** Counts changes of what is said of the file. */
  version: number;
  /** `sub` of the one who uploaded it. */
  uploaded_by: string;
  created_at: Timestamp;
  /** Of the bytes in their store; another one when they are replaced. */
  bytes_key: string;
  store: StoreKind;
  /** Upright, in pixels. */
  width: number | null;
  height: number | null;
  frames: number | null;
  has_alpha: boolean | null;
  /** A tiny image, as a `data:` URL. */
  placeholder: string | null;
  /** `#rrggbb`. */
  dominant_color: string | null;
  /** Whether the bytes have been looked at for what the columns above say. */
  image_described: ColumnType<boolean, boolean | undefined, boolean>;
  /** Why no variant can be made of the bytes. */
  image_error: string | null;
  focal_x: number | null;
  focal_y: number | null;
  /** Null where the bytes are those of the upload. */
  bytes_changed_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
  alt: ColumnType<Readonly<Record<string, string>>, string, string>;
  caption: string;
  credit: string;
  tags: string[];
  folder: string;
  duration_ms: number | null;
  charset: string | null;
  /** What a search of files looks into. */
  search_text: string;
  /** Since when no entry has mentioned a file that only entries open; where that is looked at. */
  unused_since: ColumnType<Date | null, never, Date | null>;
}

/** A rendering of an image in another size or format. */
interface FileVariantsTable {
  file: string;
  /** Of the bytes that it was made from, and of how. */
  digest: string;
  format: Format;
  /** How it was made. */
  key: string;
  bytes_key: string;
  store: StoreKind;
  width: number;
  height: number;
  size: ColumnType<number | bigint, number, number>;
  sha256: string;
  created_at: Timestamp;
  used_at: Timestamp;
}

/** What one replica is making at the moment, so that no other does. */
interface VariantClaimsTable {
  name: string;
  claimed_until: Timestamp;
}

interface ImageSettingsTable {
  site: string;
  settings: ColumnType<Record<string, unknown>, RawBuilder<unknown>, RawBuilder<unknown>>;
  version: number;
}

/**
 * Stored bytes that no file stands for (yet, or any more): written before the bytes come or the file goes, so that whatever a
 * crash leaves behind is known and can be removed.
 */
interface UnclaimedBytesTable {
  key: string;
  store: StoreKind;
  since: Timestamp;
}

/** The copy of an entry that readers see, or the one that is being worked on. */
export type Variant = 'published' | 'working';

/** A copy of an entry mentions a file. */
interface FileReferencesTable {
  site: string;
  entry: string;
  edition: Variant;
  file: string;
  /** Whether only those may read the field who have one of the roles in `readable_by`. */
  restricted: boolean;
  readable_by: string[];
  author: string;
  access_class: number;
  type: string;
  title: string;
  generation: number;
}

/** What a download link refers to, for as long as the link lives. */
interface DownloadLinksTable {
  id: string;
  file: string;
  site: string;
  maker: ColumnType<Maker, RawBuilder<unknown>, never>;
  expires_at: Timestamp;
  /** Digest of who made it, in which session and with which rights. */
  viewer: string | null;
}

/** An upload of several requests. */
interface UploadsTable {
  id: string;
  site: string;
  subject: string;
  file_name: string;
  declared_type: string | null;
  visibility: Visibility;
  products: string[];
  sha256: string | null;
  metadata: string | null;
  length: ColumnType<number | bigint, number, never>;
  received: ColumnType<ReceivedChunks, string, string>;
  store: StoreKind;
  created_at: Timestamp;
  expires_at: Timestamp;
  finished_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
}

interface SiteQuotasTable {
  site: string;
  bytes: ColumnType<number | bigint, number, number>;
}

/** Beside the tables of @gaia/feed-follower. */
export interface AssetsDatabase extends AuditTables {
  files: FilesTable;
  file_references: FileReferencesTable;
  unclaimed_bytes: UnclaimedBytesTable;
  download_links: DownloadLinksTable;
  file_variants: FileVariantsTable;
  variant_claims: VariantClaimsTable;
  image_settings: ImageSettingsTable;
  uploads: UploadsTable;
  site_quotas: SiteQuotasTable;
}
