/** Who signs a token of a purpose. `sender` shares a secret with one webhook; `client` has keys of its own. */
export type Signer = 'auth' | 'assets' | 'sender' | 'client';

export interface TokenPurpose {
  /** Header `typ` (RFC 8725 §3.11: explicit typing keeps one kind of token from passing for another). */
  readonly typ: string;
  /** Further values of `typ`, for signers whose libraries write them unasked; null stands for none. */
  readonly alsoTyp?: readonly (string | null)[];
  /** What a signature may be made with (RFC 8725 §3.1); more than one only where each key is for one of them. */
  readonly algorithms: readonly ('RS256' | 'HS256' | 'ES256' | 'EdDSA')[];
  readonly signer: Signer;
  /** Default life in seconds. */
  readonly lifetimeSeconds: number;
  readonly singleUse: boolean;
}

/**
 * Every token that Gaia makes or takes, by purpose. Who verifies decides the algorithm: a token that somebody else
 * verifies is asymmetric, a token that only its maker verifies is symmetric.
 */
export const tokenPurposes = Object.freeze({
  access: { typ: 'at+jwt', algorithms: ['RS256'], signer: 'auth', lifetimeSeconds: 900, singleUse: false },
  refresh: { typ: 'rt+jwt', algorithms: ['HS256'], signer: 'auth', lifetimeSeconds: 7 * 86_400, singleUse: true },
  siteHandOver: { typ: 'sso+jwt', algorithms: ['RS256'], signer: 'auth', lifetimeSeconds: 60, singleUse: true },
  passwordReset: { typ: 'reset+jwt', algorithms: ['RS256'], signer: 'auth', lifetimeSeconds: 1_800, singleUse: true },
  emailVerification: {
    typ: 'verify+jwt',
    algorithms: ['RS256'],
    signer: 'auth',
    lifetimeSeconds: 86_400,
    singleUse: true,
  },
  emailChange: {
    typ: 'email-change+jwt',
    algorithms: ['RS256'],
    signer: 'auth',
    lifetimeSeconds: 86_400,
    singleUse: true,
  },
  invitation: {
    typ: 'invitation+jwt',
    algorithms: ['HS256'],
    signer: 'auth',
    lifetimeSeconds: 7 * 86_400,
    singleUse: true,
  },
  fileDownload: {
    typ: 'download+jwt',
    algorithms: ['HS256'],
    signer: 'assets',
    lifetimeSeconds: 300,
    singleUse: false,
  },
  webhook: {
    typ: 'webhook+jwt',
    alsoTyp: ['jwt'],
    algorithms: ['HS256'],
    signer: 'sender',
    lifetimeSeconds: 300,
    singleUse: true,
  },
  // RFC 7523 §3 names no type, so most clients write `JWT` or nothing.
  clientAssertion: {
    typ: 'client-authentication+jwt',
    alsoTyp: ['jwt', null],
    algorithms: ['RS256', 'ES256', 'EdDSA'],
    signer: 'client',
    lifetimeSeconds: 300,
    singleUse: true,
  },
} as const satisfies Record<string, TokenPurpose>);

export type TokenPurposeName = keyof typeof tokenPurposes;

/** The audience of access tokens that are good for the whole suite. */
export const SUITE_AUDIENCE = 'gaia';

/** Tolerated difference between two clocks, in seconds, in both directions. */
export const CLOCK_SKEW_SECONDS = 30;

/** Longest token that a verifier looks at, in bytes; longer ones are refused before any cryptography. */
export const MAX_TOKEN_BYTES = 8 * 1024;
