import { createPublicKey, type KeyObject, sign } from 'node:crypto';

/**
 * A self-signed X.509 certificate (RFC 5280 §4.1) for an RSA key, DER. Only good enough for a verifier that would trust
 * a certificate because a token brings it, which is what the pack finds out.
 */
export function selfSignedCertificate(privateKey: KeyObject, now: number): Buffer {
  const algorithm = sequence(RSA_WITH_SHA256, NULL);
  const validity = sequence(utcTime(now - 86_400_000), utcTime(now + 86_400_000));
  const subjectKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const body = sequence(integer(1), algorithm, NAME, validity, NAME, subjectKey);
  return sequence(body, algorithm, bitString(sign('RSA-SHA256', body, privateKey)));
}

/** The certificate as PEM text (RFC 7468 §5). */
export function pemOfCertificate(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

const RSA_WITH_SHA256 = Buffer.from('06092a864886f70d01010b', 'hex');
const COMMON_NAME = Buffer.from('0603550403', 'hex');
const NULL = Buffer.from('0500', 'hex');
const NAME = sequence(element(0x31, sequence(COMMON_NAME, element(0x0c, Buffer.from('attacker')))));

function element(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content]);
}

function lengthOf({ length }: Buffer): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  return length < 0x100 ? Buffer.from([0x81, length]) : Buffer.from([0x82, length >> 8, length & 0xff]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

function bitString(content: Buffer): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([0]), content]));
}

/** YYMMDDHHMMSSZ. */
function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${digits}Z`));
}
