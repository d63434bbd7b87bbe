import { MinSeq } from '@gaia/feed-follower/min-seq';
import { plainText } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';
import { type Visibility, visibilities } from '../database.ts';
import { MAX_FOLDER_LENGTH } from './description.ts';
import { type FileSort, fileSorts } from './list-files.ts';
import type { ImageFacts, StoredFile } from './stored-file.ts';

export const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}';

export const FileParams = Type.Object({ id: Type.String({ pattern: `^${UUID}$` }) }, { additionalProperties: false });

export const MinSeqQuery = Type.Object({ min_seq: MinSeq }, { additionalProperties: false });

export const DeleteQuery = Type.Object(
  {
    force: Type.Boolean({
      default: false,
      description: "Delete it although entries mention it; for those who may edit others' content",
    }),
    min_seq: MinSeq,
  },
  { additionalProperties: false },
);

export const ManyQuery = Type.Object(
  {
    ids: Type.String({
      pattern: `^${UUID}(,${UUID}){0,99}$`,
      maxLength: 3_700,
      description: 'Ids of files, separated by commas; at most 100',
    }),
    min_seq: MinSeq,
  },
  { additionalProperties: false },
);

export const ListQuery = Type.Object(
  {
    limit: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
    sort: Type.Unsafe<FileSort>({ type: 'string', enum: [...fileSorts], default: '-created_at' }),
    q: Type.Optional(
      plainText({
        minLength: 1,
        maxLength: 200,
        description: 'Words of the name, caption, credit, tags and alternative texts',
      }),
    ),
    folder: Type.Optional(
      plainText({ maxLength: MAX_FOLDER_LENGTH, description: 'Exactly this folder; empty: in none' }),
    ),
    below: Type.Optional(
      plainText({ minLength: 1, maxLength: MAX_FOLDER_LENGTH, description: 'This folder and all below it' }),
    ),
    tag: Type.Optional(plainText({ minLength: 1, maxLength: 60 })),
    media_type: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9.+-]{1,60}/(?:\\*|[a-z0-9.+-]{1,100})$',
        description: '`image/png`, or `image/*`',
      }),
    ),
    uploaded_by: Type.Optional(plainText({ minLength: 1, maxLength: 256 })),
    visibility: Type.Optional(Type.Unsafe<Visibility>({ type: 'string', enum: [...visibilities] })),
    sha256: Type.Optional(Type.String({ pattern: '^[0-9a-f]{64}$', description: 'Files with these bytes' })),
    cursor: Type.Optional(
      Type.String({ minLength: 1, maxLength: 1_000, description: '`next_cursor` of the page before' }),
    ),
    min_seq: MinSeq,
  },
  { additionalProperties: false },
);

export const FocalPoint = Type.Object(
  {
    x: Type.Number({ minimum: 0, maximum: 1, description: 'From the left' }),
    y: Type.Number({ minimum: 0, maximum: 1, description: 'From the top' }),
  },
  { additionalProperties: false, description: 'The point of an image that crops keep in sight' },
);

const LANGUAGE_TAG = '^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8}){0,4}$';

export const AltTexts = Type.Record(Type.String({ pattern: LANGUAGE_TAG }), plainText({ maxLength: 1_000 }), {
  additionalProperties: false,
  maxProperties: 30,
  description: 'What an image shows, for who does not see it, by the tag of the language (BCP 47): `{"en": "A cat"}`',
});

export const FileResponse = Type.Object(
  {
    id: Type.String(),
    site: Type.String(),
    file_name: Type.String(),
    media_type: Type.String({ description: 'By the bytes of the file' }),
    size: Type.Integer({ description: 'Bytes' }),
    sha256: Type.String({ description: 'Hexadecimal' }),
    visibility: Type.String({
      description:
        '`public`: everybody may read it; `members`: members of the site; `products`: members who hold one of `products`; `private`: who may read an entry that mentions it',
    }),
    products: Type.Optional(Type.Array(Type.String())),
    version: Type.Integer({ description: 'Counts changes of what is said of the file, and of its bytes' }),
    uploaded_by: Type.String(),
    created_at: Type.String(),
    url: Type.String({ description: 'Path of the file' }),
    width: Type.Optional(Type.Integer({ description: 'Of an image, upright, in pixels' })),
    height: Type.Optional(Type.Integer()),
    placeholder: Type.Optional(
      Type.String({ description: 'A tiny image to show until the image is there, as a `data:` URL' }),
    ),
    dominant_color: Type.Optional(Type.String({ description: '`#rrggbb`' })),
    focal: Type.Optional(FocalPoint),
    alt: Type.Record(Type.String(), Type.String(), { description: 'By the tag of the language (BCP 47)' }),
    caption: Type.String(),
    credit: Type.String(),
    tags: Type.Array(Type.String()),
    folder: Type.String(),
    duration: Type.Optional(Type.Number({ description: 'Of a recording, in seconds' })),
    avif: Type.Optional(
      Type.Array(Type.String(), {
        description: 'In lists by ids: which variants are there as AVIF, by the keys in their addresses',
      }),
    ),
  },
  { title: 'File' },
);

export const ManyResponse = Type.Object({ items: Type.Array(FileResponse) });

export function fileResponse(file: StoredFile) {
  return {
    id: file.id,
    site: file.site,
    file_name: file.fileName,
    media_type: file.mediaType,
    size: file.size,
    sha256: file.sha256,
    visibility: file.visibility,
    ...(file.visibility === 'products' && { products: [...file.products] }),
    version: file.version,
    uploaded_by: file.uploadedBy,
    created_at: file.createdAt.toISOString(),
    url: `/assets/${file.id}`,
    ...(file.image !== undefined && imageResponse(file.image)),
    ...(file.focal !== undefined && { focal: { x: file.focal.x, y: file.focal.y } }),
    alt: { ...file.description.alt },
    caption: file.description.caption,
    credit: file.description.credit,
    tags: [...file.description.tags],
    folder: file.description.folder,
    ...(file.durationMs !== undefined && { duration: file.durationMs / 1_000 }),
  };
}

function imageResponse({ width, height, placeholder, dominantColor }: ImageFacts) {
  return {
    width,
    height,
    ...(placeholder !== null && { placeholder }),
    ...(dominantColor !== null && { dominant_color: dominantColor }),
  };
}
