import { domainToASCII } from 'node:url';

/** An address as it is shown and mailed to, and the key under which it is unique. */
export interface EmailAddress {
  readonly address: string;
  readonly key: string;
}

const MAX_LENGTH = 254;
const MAX_LOCAL_LENGTH = 64;

/**
 * Reads an e-mail address (the part of RFC 5321 §4.1.2 that is in use: no quoted local parts, no address literals).
 * Domains become ASCII, so that one domain has one spelling. Undefined if it is none.
 */
export function readEmailAddress(text: string): EmailAddress | undefined {
  if (text.length > MAX_LENGTH || !text.isWellFormed()) return undefined;
  const trimmed = text.trim().normalize('NFC');
  const at = trimmed.lastIndexOf('@');
  const local = trimmed.slice(0, at);
  if (at < 1 || local.length > MAX_LOCAL_LENGTH || !isLocalPart(local)) return undefined;
  const domain = domainToASCII(trimmed.slice(at + 1));
  if (!isDomain(domain)) return undefined;
  const address = `${local}@${domain}`;
  return address.length > MAX_LENGTH ? undefined : { address, key: address.toLowerCase() };
}

/** RFC 5321 §4.1.2 Dot-string with the characters of RFC 6531 §3.3. */
function isLocalPart(local: string): boolean {
  return /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+)*$/u.test(local);
}

function isDomain(domain: string): boolean {
  return (
    domain.length <= 253 &&
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(domain)
  );
}
