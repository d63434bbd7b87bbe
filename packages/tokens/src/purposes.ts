/** Who signs a token of a purpose. `sender` is a third party that shares a secret with one webhook. */
export type Signer = 'auth' | 'assets' | 'sender';

export interface TokenPurpose {
  /** Header `typ` (RFC 8725 §3.11: explicit typing keeps one kind of token from passing for another). */
  readonly typ: string;
  readonly algorithm: 'RS256' | 'HS256';
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
  access: { typ: 'at+jwt', algorithm: 'RS256', signer: 'auth', lifetimeSeconds: 900, singleUse: false },
  refresh: { typ: 'rt+jwt', algorithm: 'HS256', signer: 'auth', lifetimeSeconds: 7 * 86_400, singleUse: true },
  siteHandOver: { typ: 'sso+jwt', algorithm: 'RS256', signer: 'auth', lifetimeSeconds: 60, singleUse: true },
  passwordReset: { typ: 'reset+jwt', algorithm: 'RS256', signer: 'auth', lifetimeSeconds: 1_800, singleUse: true },
  emailVerification: {
    typ: 'verify+jwt',
    algorithm: 'RS256',
    signer: 'auth',
    lifetimeSeconds: 86_400,
    singleUse: true,
  },
  emailChange: {
    typ: 'email-change+jwt',
    algorithm: 'RS256',
    signer: 'auth',
    lifetimeSeconds: 86_400,
    singleUse: true,
  },
  invitation: {
    typ: 'invitation+jwt',
    algorithm: 'HS256',
    signer: 'auth',
    lifetimeSeconds: 7 * 86_400,
    singleUse: true,
  },
  fileDownload: { typ: 'download+jwt', algorithm: 'HS256', signer: 'assets', lifetimeSeconds: 300, singleUse: false },
  preview: { typ: 'preview+jwt', algorithm: 'RS256', signer: 'auth', lifetimeSeconds: 3_600, singleUse: false },
  webhook: { typ: 'webhook+jwt', algorithm: 'HS256', signer: 'sender', lifetimeSeconds: 300, singleUse: true },
} as const satisfies Record<string, TokenPurpose>);

export type TokenPurposeName = keyof typeof tokenPurposes;

/** The audience of access tokens that are good for the whole suite. */
export const SUITE_AUDIENCE = 'gaia';

/** Tolerated difference between two clocks, in seconds, in both directions. */
export const CLOCK_SKEW_SECONDS = 30;

/** Longest token that a verifier looks at, in bytes; longer ones are refused before any cryptography. */
export const MAX_TOKEN_BYTES = 8 * 1024;
