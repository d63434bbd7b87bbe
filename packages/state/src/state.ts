/**
 * Everything short-lived that services share: one narrow interface with a Redis and an in-process implementation, the
 * latter with or without a file, that pass the same contract suite. Every record has an end. All times are milliseconds since the epoch unless a name says
 * seconds; "now" is always passed in, so that both implementations live by the caller's clock.
 */
export interface State {
  readonly kind: 'redis' | 'memory' | 'sqlite';
  readonly families: FamilyStore;
  readonly revocations: RevocationFeed;
  readonly records: RecordStore;
  readonly counters: CounterStore;
  /**
   * Marks an id as consumed until a minute after `expiresAt` (or after `now`, if that is later); false if it already
   * was. For single-use tokens: the minute covers verifiers whose clocks differ or that allow for skew.
   */
  consumeOnce(purpose: string, id: string, expiresAt: number, now: number): Promise<boolean>;
  /** Resolves when the backend answers; rejects with StateUnavailable when it does not within a second. */
  ping(): Promise<void>;
  close(): Promise<void>;
}

/** Thrown by every method when the backend cannot be reached in time. Services answer it with 503 and Retry-After. */
export class StateUnavailable extends Error {
  readonly code = 'state_unavailable';
  constructor(options?: { cause?: unknown }) {
    super('the state backend does not answer', options);
    this.name = 'StateUnavailable';
  }
}

/** A family under this `sid` is already stored. */
export class FamilyExists extends Error {
  readonly code = 'family_exists';
  constructor() {
    super('a family with this sid exists');
    this.name = 'FamilyExists';
  }
}

/**
 * One login: the chain of refresh tokens that came from it. `userAgent` is kept to 512 characters and `address` to 64;
 * lone surrogates in any text become U+FFFD.
 */
export interface Family {
  readonly sid: string;
  readonly sub: string;
  readonly site: string | undefined;
  readonly clientId: string;
  /** Ways of authentication (RFC 8176) of the login. */
  readonly amr: readonly string[];
  readonly userAgent: string;
  readonly address: string;
  readonly createdAt: number;
  /** Sequence number of the one refresh token that is current; the login issues 1. */
  readonly sequence: number;
  readonly rotatedAt: number;
  /** End of the family however often it is refreshed. */
  readonly absoluteEnd: number;
}

export type Rotation =
  /** The token was current; `family` holds the successor's sequence and time. */
  | { readonly outcome: 'rotated'; readonly family: Family }
  /** The token was the one before, within the grace or with the key that it was rotated with: the same successor as the first time. */
  | { readonly outcome: 'repeated'; readonly family: Family }
  /** The token was an older one, with the key that it was rotated with: the family lives on, and nothing is given. */
  | { readonly outcome: 'superseded'; readonly family: Family }
  /** The token was any other one, or the grace was over: the family has been ended by this call. */
  | { readonly outcome: 'reused'; readonly family: Family }
  /** There is no such family (any more). */
  | { readonly outcome: 'ended' };

export interface RotationRequest {
  readonly sid: string;
  readonly sequence: number;
  readonly keyDigest?: string | undefined;
  readonly graceMs: number;
  readonly idleMs: number;
  readonly now: number;
}

export interface FamilyStore {
  /**
   * Stores a new family; it dies by itself `idleMs` after its last rotation, at `absoluteEnd` at the latest, and is dead
   * at exactly that millisecond. Rejects with FamilyExists for a `sid` that is in use. A subject holds at most 1,000
   * families, so that `listBySubject` is always all of them: beyond, a hundred are ended and given back, those of the
   * client and user agent that hold most, the never refreshed first and then the longest unused.
   */
  create(family: Family, idleMs: number, now: number): Promise<readonly Family[]>;
  /**
   * The one transition of a refresh, atomic. The grace is over one millisecond after `rotatedAt + graceMs`. `keyDigest` names
   * the request, in at most 64 characters; it is kept with the rotation, for the last 16 rotations, and tells a request that
   * its sender has repeated from a token that another party uses.
   */
  rotate(request: RotationRequest): Promise<Rotation>;
  get(sid: string, now: number): Promise<Family | undefined>;
  /** Moves a family to another site (same login, other membership). False if it has ended. */
  setSite(sid: string, site: string, now: number): Promise<boolean>;
  /** Ends a family; what it was, or undefined if there was none. */
  end(sid: string, now: number): Promise<Family | undefined>;
  /** All living families of a user, newest first; at most 1,000. */
  listBySubject(sub: string, now: number): Promise<readonly Family[]>;
}

/**
 * A revocation that makes verified tokens invalid before their time:
 * `sid` a login has ended; `sub` nothing of this user issued before `notBefore`; `kid` a key is compromised;
 * `jti` one token; `all` nothing at all issued before `notBefore`.
 */
export type Revocation =
  | { readonly kind: 'sid' | 'kid' | 'jti'; readonly id: string }
  | {
      readonly kind: 'sub';
      readonly id: string /** seconds: tokens with `iat` below are refused */;
      readonly notBefore: number;
    }
  | { readonly kind: 'all'; readonly notBefore: number };

export interface FeedEntry {
  /** Position in the feed, counted from 1 within an epoch, without gaps. */
  readonly sequence: number;
  readonly revocation: Revocation;
  /** The entry may be forgotten after this time: no token that it concerns can still live. */
  readonly expiresAt: number;
}

export interface FeedSnapshot {
  /** Names one life of the backend; another epoch means that the backend has lost its memory. */
  readonly epoch: string;
  /** Sequence of the newest entry ever appended, 0 for none. */
  readonly sequence: number;
  readonly entries: readonly FeedEntry[];
}

export interface FeedListener {
  /** Called only while the channel is up. */
  onEntry(epoch: string, entry: FeedEntry): void;
  /**
   * The push channel is up (true) or lost (false); a listener begins as not connected. After every `true` it must take a
   * snapshot: what was pushed before is not pushed again. Sequences of one epoch can step back when a backend
   * fails over to a copy that lags: a listener keeps the revocations that it knows until they expire.
   */
  onConnection(up: boolean): void;
}

export interface RevocationFeed {
  /** Appends and pushes, atomically; resolves when the backend holds it. */
  append(revocation: Revocation, expiresAt: number, now: number): Promise<FeedEntry>;
  /** The living entries. */
  snapshot(now: number): Promise<FeedSnapshot>;
  /** Head only: cheap, for noticing lost pushes. */
  head(): Promise<{ readonly epoch: string; readonly sequence: number }>;
  /**
   * Pushes from now on; call the result to stop. Resolves after the first attempt to connect, within a second, and
   * never rejects for a lost connection: see onConnection.
   */
  subscribe(listener: FeedListener): Promise<() => Promise<void>>;
}

/**
 * Small JSON documents with an end: browser sessions and the like. A document has at most 65,536 bytes as JSON,
 * otherwise the call rejects with RangeError.
 */
export interface RecordStore {
  /** A fresh copy of the document, or undefined. */
  get(collection: string, id: string, now: number): Promise<unknown>;
  /** Stores, or deletes if `expiresAt` is not after `now`. */
  set(collection: string, id: string, value: unknown, expiresAt: number, now: number): Promise<void>;
  delete(collection: string, id: string): Promise<boolean>;
  /** Stores only if nothing living is there; false otherwise. Also serves as a lock with an end. */
  add(collection: string, id: string, value: unknown, expiresAt: number, now: number): Promise<boolean>;
}

export interface CounterStore {
  /**
   * Adds `amount` (a whole number) to a counter whose window starts with its first use.
   * Gives the value after the addition and when the window ends. A counter that is back at zero is forgotten: what was
   * counted and taken back leaves nothing behind.
   */
  add(
    key: string,
    amount: number,
    windowMs: number,
    now: number,
  ): Promise<{ readonly value: number; readonly endsAt: number }>;
  get(key: string, now: number): Promise<{ readonly value: number; readonly endsAt: number } | undefined>;
  reset(key: string): Promise<void>;
}
