import type { Selectable } from 'kysely';
import type { AssetsDatabase } from '../database.ts';
import { searchText } from './description.ts';
import { type ImageFacts, imageErrors, type StoredFile, type undescribed } from './stored-file.ts';

export function toRow(file: StoredFile) {
  return {
    id: file.id,
    site: file.site,
    file_name: file.fileName,
    media_type: file.mediaType,
    size: file.size,
    sha256: file.sha256,
    visibility: file.visibility,
    products: [...file.products],
    version: file.version,
    uploaded_by: file.uploadedBy,
    created_at: file.createdAt,
    bytes_key: file.bytesKey,
    store: file.store,
    bytes_changed_at: file.bytesChangedAt,
    focal_x: file.focal?.x ?? null,
    focal_y: file.focal?.y ?? null,
    alt: JSON.stringify(file.description.alt),
    caption: file.description.caption,
    credit: file.description.credit,
    tags: [...file.description.tags],
    folder: file.description.folder,
    duration_ms: file.durationMs ?? null,
    charset: file.charset ?? null,
    search_text: searchText(file.fileName, file.description),
    ...imageColumns(file),
  };
}

export function imageColumns({ image, imageDescribed, imageError }: Pick<StoredFile, keyof typeof undescribed>) {
  return {
    width: image?.width ?? null,
    height: image?.height ?? null,
    frames: image?.frames ?? null,
    has_alpha: image?.hasAlpha ?? null,
    placeholder: image?.placeholder ?? null,
    dominant_color: image?.dominantColor ?? null,
    image_described: imageDescribed,
    image_error: imageError ?? null,
  };
}

/** A row as a file. */
export function toFile(row: Selectable<AssetsDatabase['files']>): StoredFile {
  return {
    id: row.id,
    site: row.site,
    fileName: row.file_name,
    mediaType: row.media_type,
    size: Number(row.size),
    sha256: row.sha256,
    visibility: row.visibility,
    products: row.products,
    version: row.version,
    uploadedBy: row.uploaded_by,
    createdAt: row.created_at,
    bytesKey: row.bytes_key,
    store: row.store,
    bytesChangedAt: row.bytes_changed_at ?? row.created_at,
    focal: row.focal_x === null || row.focal_y === null ? undefined : { x: row.focal_x, y: row.focal_y },
    image: imageOf(row),
    imageDescribed: row.image_described,
    imageError: imageErrors.find((error) => error === row.image_error),
    description: { alt: row.alt, caption: row.caption, credit: row.credit, tags: row.tags, folder: row.folder },
    durationMs: row.duration_ms ?? undefined,
    charset: row.charset ?? undefined,
  };
}

function imageOf(row: Selectable<AssetsDatabase['files']>): ImageFacts | undefined {
  const { width, height, placeholder } = row;
  if (width === null || height === null) return undefined;
  return {
    width,
    height,
    frames: row.frames ?? 1,
    hasAlpha: row.has_alpha ?? false,
    placeholder,
    dominantColor: row.dominant_color,
  };
}
