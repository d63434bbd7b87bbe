/** The codes of 401 answers about tokens. */
export type RefusalCode = 'token_missing' | 'token_malformed' | 'token_expired' | 'token_invalid' | 'token_revoked';

/**
 * Every check that can refuse a token, by name: the code that the caller gets and one sentence that says what is wrong.
 * The sentences stand in `WWW-Authenticate`, so they hold no quotation mark, no backslash and ASCII only (RFC 6750 §3).
 */
export const refusals = Object.freeze({
  authorization_missing: ['token_missing', 'an access token is needed'],
  scheme_not_bearer: ['token_missing', 'an access token is needed, in the Bearer scheme'],
  authorization_repeated: ['token_malformed', 'the Authorization header stands more than once'],
  bearer_syntax: ['token_malformed', 'the Authorization header is not Bearer and one token'],
  token_too_long: ['token_malformed', 'the token is longer than 8192 bytes'],
  not_three_parts: ['token_malformed', 'the token does not have three parts'],
  encoding_not_canonical: ['token_malformed', 'a part of the token is not canonical base64url'],
  not_utf8: ['token_malformed', 'a part of the token is not UTF-8'],
  not_json: ['token_malformed', 'a part of the token is not a JSON object'],
  nested_too_deep: ['token_malformed', 'a part of the token is nested too deeply'],
  name_escaped: ['token_malformed', 'a part of the token has a name that is written with escapes'],
  member_repeated: ['token_malformed', 'a part of the token has a member twice'],

  algorithm_not_allowed: ['token_invalid', 'the algorithm of the token is not allowed'],
  type_not_allowed: ['token_invalid', 'the token is of another type'],
  header_not_allowed: ['token_invalid', 'the header of the token has a parameter that is not allowed'],
  kid_unusable: ['token_invalid', 'the header of the token names no key'],
  issuer_unknown: ['token_invalid', 'the issuer of the token is not trusted here'],
  key_unknown: ['token_invalid', 'the key of the token is not one of its issuer'],
  algorithm_not_of_key: ['token_invalid', 'the key of the token is for another algorithm'],
  signature_wrong: ['token_invalid', 'the signature of the token does not verify'],

  claim_missing: ['token_invalid', 'a required claim of the token is missing'],
  claim_malformed: ['token_malformed', 'a claim of the token has a value of the wrong kind'],
  audience_wrong: ['token_invalid', 'the token is for another audience'],
  expired: ['token_expired', 'the token has expired'],
  not_yet_valid: ['token_invalid', 'the token is not valid yet'],
  issued_in_future: ['token_invalid', 'the token was issued in the future'],
  lifetime_too_long: ['token_invalid', 'the token lives longer than is allowed'],

  session_ended: ['token_revoked', 'the session of the token has ended'],
  actor_session_ended: ['token_revoked', 'the session of a party that acts for the user has ended'],
  subject_not_before: ['token_revoked', 'older tokens of the user have been revoked'],
  key_revoked: ['token_revoked', 'the key of the token has been revoked'],
  token_revoked: ['token_revoked', 'the token has been revoked'],
  all_not_before: ['token_revoked', 'all older tokens have been revoked'],
} as const satisfies Record<string, readonly [RefusalCode, string]>);

export type RefusalReason = keyof typeof refusals;

/** A token that is not accepted. `reason` names the check that refused; nothing of the token is kept here. */
export class TokenRefusal extends Error {
  readonly code: RefusalCode;
  readonly reason: RefusalReason;
  constructor(reason: RefusalReason) {
    super(refusals[reason][1]);
    this.name = 'TokenRefusal';
    this.code = refusals[reason][0];
    this.reason = reason;
  }
}

/** No token of the issuer can be verified, because none of its keys is known: the caller is not to blame. */
export class KeysUnavailable extends Error {
  readonly code = 'keys_unavailable';
  constructor() {
    super('the keys of the issuer are not available yet');
    this.name = 'KeysUnavailable';
  }
}

/** Throws the refusal unless the condition holds. */
export function refuseUnless(condition: boolean, reason: RefusalReason): asserts condition {
  if (!condition) throw new TokenRefusal(reason);
}
