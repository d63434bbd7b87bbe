import type { RefusalReason } from '@gaia/jwt/refusal';

/** For every check that can refuse a token, what to do about it. Typed whole: a new check without advice is an error. */
export const refusalAdvice: Readonly<Record<RefusalReason, string>> = Object.freeze({
  authorization_missing: 'Nothing was given; pass the token as argument or, better, on standard input.',
  scheme_not_bearer: 'Send the header as "Authorization: Bearer <token>".',
  authorization_repeated: 'Send the Authorization header once; look for a proxy that adds its own.',
  bearer_syntax: 'It has characters that no token has; look for a space, a comma or a line break from copying.',
  token_too_long: 'It cannot be an access token; look at what was copied, or give the user fewer roles.',
  not_three_parts: 'An access token has three parts with dots between them; it was cut off, or is something else.',
  encoding_not_canonical: 'A part was changed or re-encoded (padding, "+" or "/"); use the token exactly as issued.',
  not_utf8: 'The bytes are damaged; use the token exactly as issued.',
  not_json: 'The text is damaged or is no JWT; use the token exactly as issued.',
  nested_too_deep: 'No honest issuer makes such a token; find out where it comes from.',
  name_escaped: 'Two readers could read it differently; its maker must write the names of members without escapes.',
  member_repeated: 'Two readers could read it differently; its maker must write every member once.',
  algorithm_not_allowed: 'Access tokens are RS256 and nothing else; this one is of another kind or is forged.',
  type_not_allowed:
    'Access tokens have typ at+jwt (RFC 9068); present a token of this kind only where it is meant for.',
  header_not_allowed: 'crit, b64, jku, jwk, x5u and x5c are refused: a token must not bring its own key or rules.',
  kid_unusable: 'The header must name the signing key in kid; its maker must add it.',
  issuer_unknown: 'It comes from another issuer than is trusted here; if that is right, name its issuer with --issuer.',
  key_unknown: 'Its key is not (or no longer) published there; log in again, or look whether this is the right suite.',
  algorithm_not_of_key:
    'The header and the published key disagree about the algorithm; the token is forged or its maker broken.',
  signature_wrong: 'It was changed after it was signed, or signed with another key; do not trust anything in it.',
  claim_missing:
    'iss, sub, aud, exp, iat, jti and client_id must be there (RFC 9068 §2.2); its maker must add what is not.',
  claim_malformed: 'A claim has the wrong type, such as a time that is a string; its maker must correct it.',
  audience_wrong:
    'It was made for another service; ask for one with this audience, or name the expected one with --audience.',
  expired: 'Get a new one: refresh, or log in again. If it should still live, compare the clocks.',
  not_yet_valid: 'Wait until nbf, or compare the clocks of this machine and of its issuer.',
  issued_in_future: 'Compare the clocks of this machine and of its issuer; more than 30 s apart is refused.',
  lifetime_too_long: 'Ask for a shorter life: a token of more than a day would outlive its revocation.',
  session_ended: 'The user has logged out or the login was ended; log in again.',
  actor_session_ended:
    'A service that acts for the user has lost what it had shown of itself; exchange the token anew.',
  subject_not_before: 'The password was changed or the user disabled after it was issued; log in again.',
  key_revoked: 'The key that signed it was declared compromised; log in again.',
  token_revoked: 'This very token was revoked; log in again.',
  all_not_before: 'Everything issued before a certain time is refused, for example after a restart; log in again.',
});
