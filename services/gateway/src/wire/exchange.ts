/** One request to a service, as it goes over the wire. */
export interface WireRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  /** Names (lower case) and values in turns; Host and Connection are not among them. */
  readonly headers: readonly string[];
  readonly body: Buffer | null;
}

/** A request as its bytes. */
export interface WireBytes {
  readonly method: string;
  /** ISO-8859-1. */
  readonly head: string;
  readonly body: Buffer | null;
}

/** Told of an answer as it comes. Nothing is called any more after onEnd or onFailure, which come exactly once. */
export interface AnswerReader {
  /** Names (lower case) and values in turns, as they came; interim answers (RFC 9110 §15.2) are left out. */
  onHead(status: number, headers: readonly string[]): void;
  onData(chunk: Buffer): void;
  /** All that has come so far has been told, and more is awaited. */
  onLull(): void;
  onEnd(): void;
  onFailure(error: Error): void;
}

/** The hold that the asker has on a request that is under way. */
export interface Exchange {
  /** Ends it; onFailure is called with the error. */
  abort(error: Error): void;
  /** No more data for now, save what is in hand. */
  pause(): void;
  resume(): void;
}
