export const BOUNDARY = 'gaia-test-boundary';

export interface FormPart {
  readonly name: string;
  readonly content: string | Buffer;
  /** Makes it a file; written as it is, without quoting. */
  readonly fileName?: string;
  readonly type?: string;
  /** Further header lines, as they are. */
  readonly headers?: readonly string[];
}

/** A multipart/form-data body (RFC 7578). */
export function formOf(...parts: readonly FormPart[]): Buffer {
  const pieces = parts.flatMap(({ name, content, fileName, type, headers = [] }) => [
    Buffer.from(
      [
        `--${BOUNDARY}`,
        `Content-Disposition: form-data; name="${name}"${fileName === undefined ? '' : `; filename="${fileName}"`}`,
        ...(type === undefined ? [] : [`Content-Type: ${type}`]),
        ...headers,
        '',
        '',
      ].join('\r\n'),
    ),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}

export const formType = { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` };
