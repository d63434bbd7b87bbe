import type { Fetch } from '../runtime.ts';

type OnProgress = (sent: number, total: number) => void;

/** The part of XMLHttpRequest that is used. */
interface Xhr {
  readonly upload: { onprogress: ((event: { readonly loaded: number }) => void) | null };
  readonly status: number;
  readonly responseText: string;
  onload: (() => void) | null;
  onerror: (() => void) | null;
  onabort: (() => void) | null;
  open(method: string, url: string): void;
  setRequestHeader(name: string, value: string): void;
  getAllResponseHeaders(): string;
  send(body: unknown): void;
  abort(): void;
}

/** Tells how much of a form with a file of `total` bytes has been sent. */
export function withProgress(total: number, onProgress: OnProgress): (base: Fetch) => Fetch {
  const tell = (sent: number) => onProgress(Math.min(sent, total), total);
  const { XMLHttpRequest } = globalThis as { XMLHttpRequest?: new () => Xhr };
  // Browsers tell of an upload's progress only here.
  if (XMLHttpRequest !== undefined) return () => (url, init) => overXhr(new XMLHttpRequest(), url, init, tell);
  return (base) => (url, init) => counted(base, url, init, tell);
}

function overXhr(
  xhr: Xhr,
  url: string,
  { method = 'GET', headers, body, signal }: RequestInit,
  tell: (sent: number) => void,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    xhr.open(method, url);
    for (const [name, value] of Object.entries((headers ?? {}) as Record<string, string>))
      xhr.setRequestHeader(name, value);
    xhr.upload.onprogress = ({ loaded }) => tell(loaded);
    xhr.onload = () => {
      const received = new Headers();
      for (const line of xhr
        .getAllResponseHeaders()
        .trim()
        .split(/[\r\n]+/)) {
        const colon = line.indexOf(':');
        if (colon > 0) received.append(line.slice(0, colon), line.slice(colon + 1).trim());
      }
      resolve(new Response(xhr.status === 204 ? null : xhr.responseText, { status: xhr.status, headers: received }));
    };
    xhr.onerror = () => reject(new TypeError('The upload has failed'));
    xhr.onabort = () => reject(signal?.reason);
    signal?.addEventListener('abort', () => xhr.abort(), { once: true });
    xhr.send(body);
  });
}

/** Counts the bytes as they are taken from the body. */
async function counted(base: Fetch, url: string, init: RequestInit, tell: (sent: number) => void): Promise<Response> {
  const { body, headers } = new Response(init.body as FormData);
  let sent = 0;
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      sent += chunk.byteLength;
      tell(sent);
      controller.enqueue(chunk);
    },
  });
  const type = headers.get('content-type') ?? '';
  const streamed: RequestInit & { duplex: 'half' } = {
    ...init,
    headers: { ...(init.headers as Record<string, string>), 'content-type': type },
    body: (body as ReadableStream<Uint8Array>).pipeThrough(counting),
    duplex: 'half',
  };
  return base(url, streamed);
}
