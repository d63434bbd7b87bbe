/** Largest JSON answer that the gateway reads from a service for itself. */
const MAX_JSON_BYTES = 8 * 1024 * 1024;

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** Undefined where the body is empty or no JSON. */
  readonly body: unknown;
}

/** Asks a service and reads its JSON, bounded in time and size; rejects when there is no answer. */
export async function fetchJson(
  fetch: typeof globalThis.fetch,
  url: string,
  options: RequestInit & { readonly timeoutMs: number },
): Promise<JsonAnswer> {
  const { timeoutMs, ...init } = options;
  const response = await fetch(url, { redirect: 'error', ...init, signal: AbortSignal.timeout(timeoutMs) });
  const text = await readBounded(response);
  return { status: response.status, headers: response.headers, body: parse(text) };
}

async function readBounded(response: Response): Promise<string> {
  if (response.body === null) return '';
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > MAX_JSON_BYTES) throw new Error('the answer is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parse(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
