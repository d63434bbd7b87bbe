import { type TokenPurposeName, tokenPurposes } from '@gaia/tokens/purposes';
import type { JsonObject } from '../api/json.ts';

interface PurposeText {
  readonly name: string;
  readonly verifiedBy: string;
}

const purposeTexts: Readonly<Record<TokenPurposeName, PurposeText>> = Object.freeze({
  access: { name: 'an access token', verifiedBy: 'every service can verify it, offline' },
  refresh: { name: 'a refresh token', verifiedBy: 'only auth can verify it' },
  siteHandOver: {
    name: 'a site hand-over token',
    verifiedBy: 'only the gateway of the site that it names takes it, once',
  },
  passwordReset: { name: 'a password reset token', verifiedBy: 'only auth takes it, once' },
  emailVerification: { name: 'an e-mail verification token', verifiedBy: 'only auth takes it, once' },
  emailChange: { name: 'a change of address token', verifiedBy: 'only auth takes it, once' },
  invitation: { name: 'an invitation token', verifiedBy: 'only auth takes it, once' },
  fileDownload: { name: 'a file download token', verifiedBy: 'only assets can verify it' },
  webhook: {
    name: "a webhook's token",
    verifiedBy: 'only the webhook that shares its secret with the sender can verify it',
  },
  clientAssertion: { name: "a client's assertion", verifiedBy: 'only auth takes it, once' },
});

/** What a token is for, going by `typ` in its header; undefined if it is none of Gaia's types. */
export function purposeOf(header: JsonObject): TokenPurposeName | undefined {
  if (typeof header.typ !== 'string') return undefined;
  // RFC 7515 §4.1.9: a media type, without regard to case, `application/` left out or not.
  const typ = header.typ.toLowerCase().replace(/^application\//, '');
  return (Object.keys(tokenPurposes) as TokenPurposeName[]).find((name) => tokenPurposes[name].typ === typ);
}

/** One sentence about what a token says it is. */
export function purposeSentence(header: JsonObject): string {
  const purpose = purposeOf(header);
  if (purpose !== undefined) {
    const { name, verifiedBy } = purposeTexts[purpose];
    return `This is ${name}; ${verifiedBy}.`;
  }
  if (Object.hasOwn(header, 'enc')) return 'This is an encrypted token (JWE, RFC 7516); Gaia makes and takes none.';
  return 'This is a token of no type that Gaia makes.';
}
