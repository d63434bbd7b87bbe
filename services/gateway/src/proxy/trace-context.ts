/** W3C Trace Context §3.2: version 00, non-zero ids. */
const traceparentSyntax = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/;

/** Printable ASCII of at most 512 characters. */
const tracestateSyntax = /^[\x20-\x7e]{1,512}$/;

export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate: string | undefined;
}

/**
 * The trace context of the request to the service: the caller's trace if it has a valid one, else a new one;
 * always with a span id of the gateway's own. `uuid` makes random UUIDs.
 */
export function nextTraceContext(
  inbound: { traceparent: string | undefined; tracestate: string | undefined },
  uuid: () => string,
): TraceContext {
  const random = uuid().replaceAll('-', '');
  // Digits 16 to 31 of a version 4 UUID begin with its variant, so that a span id is never all zero.
  const span = random.slice(16);
  const match = inbound.traceparent === undefined ? null : traceparentSyntax.exec(inbound.traceparent);
  if (match === null) return { traceparent: `00-${random}-${span}-00`, tracestate: undefined };
  const tracestate = inbound.tracestate;
  return {
    traceparent: `00-${match[1]}-${span}-${match[2]}`,
    tracestate: tracestate !== undefined && tracestateSyntax.test(tracestate) ? tracestate : undefined,
  };
}
