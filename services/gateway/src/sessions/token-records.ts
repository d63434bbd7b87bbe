import type { TextSealer } from '@gaia/sealed-values/text-sealer';
import type { RecordStore } from '@gaia/state/state';
import type { SessionTokens } from '../auth-client/tokens.ts';
import { createRecordCache } from './record-cache.ts';
import type { BrowserLogin } from './session-records.ts';

/** Which tokens, and how long they may be kept. */
export type TokensOwner = Pick<BrowserLogin, 'tokensId' | 'endsAt'>;

/**
 * The tokens of browser sessions, apart from the sessions: what refreshes tokens at one replica never overwrites a session
 * that changes at another, nor the other way round.
 */
export interface TokenRecords {
  /** Stores tokens; gives the id of their record. */
  add(tokens: SessionTokens, endsAt: number): Promise<string>;
  load(id: string): Promise<SessionTokens | undefined>;
  /** As the store has them now, memory left aside. */
  reload(id: string): Promise<SessionTokens | undefined>;
  replace(owner: TokensOwner, tokens: SessionTokens): Promise<void>;
  delete(id: string): Promise<void>;
}

const TOKENS = 'browser-session-tokens';
const ID_BYTES = 32;

export function createTokenRecords(options: {
  readonly records: RecordStore;
  readonly sealer: TextSealer;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly mayCache: () => boolean;
}): TokenRecords {
  const { records, sealer, now } = options;
  const cache = createRecordCache<SessionTokens>(options);

  async function reload(id: string): Promise<SessionTokens | undefined> {
    const record = (await records.get(TOKENS, id, now())) as { sealed?: unknown } | undefined;
    const text = sealer.open(record?.sealed, id);
    cache.delete(id);
    if (text === undefined) return undefined;
    const tokens = JSON.parse(text) as SessionTokens;
    cache.set(id, tokens);
    return tokens;
  }

  async function replace({ tokensId, endsAt }: TokensOwner, tokens: SessionTokens): Promise<void> {
    const sealed = sealer.seal(JSON.stringify(tokens), tokensId);
    await records.set(TOKENS, tokensId, { sealed }, endsAt, now());
    cache.set(tokensId, tokens);
  }

  return {
    reload,
    replace,
    load: async (id) => cache.get(id) ?? reload(id),
    async add(tokens, endsAt) {
      const tokensId = options.randomBytes(ID_BYTES).toString('base64url');
      await replace({ tokensId, endsAt }, tokens);
      return tokensId;
    },
    async delete(id) {
      cache.delete(id);
      await records.delete(TOKENS, id);
    },
  };
}
