import type { Dispatcher } from 'undici';
import type { AnswerReader, Exchange } from '../wire/exchange.ts';

/** Sends a request by undici, whose answer is told as one over the wire is. */
export function exchangeByUndici(
  dispatcher: Pick<Dispatcher, 'dispatch'>,
  request: Dispatcher.DispatchOptions,
  reader: AnswerReader,
): Exchange {
  let controller: Dispatcher.DispatchController | undefined;
  let aborted: Error | undefined;
  let lulled = false;

  /** The turn of the loop ends with what has come in it. */
  function lull(): void {
    if (lulled) return;
    lulled = true;
    setImmediate(() => {
      lulled = false;
      reader.onLull();
    });
  }

  const handler: Dispatcher.DispatchHandler = {
    onRequestStart(started) {
      controller = started;
      if (aborted !== undefined) started.abort(aborted);
    },
    onResponseStart({ rawHeaders }, status) {
      if (status < 200) return;
      reader.onHead(status, namesAndValues((rawHeaders ?? []) as readonly (Buffer | string)[]));
      lull();
    },
    onResponseData(_, chunk) {
      reader.onData(chunk);
      lull();
    },
    onResponseEnd: () => reader.onEnd(),
    onResponseError: (_, error) => reader.onFailure(error),
  };
  dispatcher.dispatch(request, handler);
  return {
    abort(error) {
      aborted = error;
      controller?.abort(error);
    },
    pause: () => controller?.pause(),
    resume: () => controller?.resume(),
  };
}

/** RFC 9110 §5.5: header bytes are opaque; read and written as ISO-8859-1 they pass unchanged. */
function namesAndValues(raw: readonly (Buffer | string)[]): string[] {
  return raw.map((part, index) => {
    const text = typeof part === 'string' ? part : part.toString('latin1');
    return index % 2 === 0 ? text.toLowerCase() : text;
  });
}
