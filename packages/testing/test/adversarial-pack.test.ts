import { X509Certificate } from 'node:crypto';
import { describe, expect, it, onTestFinished } from 'vitest';
import { adversarialPack, assertAllRefused, forgeries } from '../src/adversarial-pack.ts';
import { startAttacker } from '../src/attacker.ts';
import { createTestIssuer } from '../src/issuer.ts';
import type { Answer } from '../src/senders.ts';
import { naiveVerifiers, serviceOf } from './naive-verifiers.ts';

const issuer = await createTestIssuer();

async function attackerForTest() {
  const attacker = await startAttacker(issuer.now());
  onTestFinished(() => attacker.close());
  return attacker;
}

async function packAgainst(mistake: string) {
  const verifier = naiveVerifiers[mistake];
  if (verifier === undefined) throw new Error(`there is no verifier that ${mistake}`);
  return adversarialPack({ issuer, send: serviceOf(verifier, issuer), level: 'essential' });
}

describe('the pack', () => {
  it('names every forgery once, the same way for every issuer', async () => {
    const attacker = await attackerForTest();
    const names = forgeries({ issuer, attacker }, 'full').map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const other = await createTestIssuer({ issuer: 'https://id.example', startAt: 2_000_000_000_000 });
    const otherNames = forgeries({ issuer: other, attacker: await attackerForTest() }, 'full').map(({ name }) => name);
    expect(otherNames).toEqual(names);
  });

  it('has an essential part, which is smaller', async () => {
    const material = { issuer, attacker: await attackerForTest() };
    const essential = forgeries(material, 'essential');
    expect(essential.every(({ level }) => level === 'essential')).toBe(true);
    expect([essential.length, forgeries(material, 'full').length]).toEqual([220, 396]);
  });

  it.each([
    ['does not verify', ['signature: stripped', 'algorithm: "none" without a signature']],
    ['believes alg none', ['algorithm: "nOnE" without a signature']],
    ['uses the key as the header says', ['algorithm: HS256 with the SPKI PEM as the secret']],
    ['believes an embedded jwk', ['key: jwk, signed with it']],
    ['believes an embedded certificate', ['key: x5c, signed with it']],
    ['looks at the signature only', ['claims: exp an hour ago', 'claims: aud "another-party"']],
    ['looks at exp too', ['claims: iss of another issuer', 'claims: nbf in an hour']],
  ])('finds the service that %s', async (mistake, names) => {
    const report = await packAgainst(mistake);
    expect(report.goodTokenAccepted).toBe(true);
    for (const name of names) {
      expect(report.results.find((result) => result.name === name)).toMatchObject({
        refused: false,
        fault: 'answered 200',
      });
      expect(() => assertAllRefused(report)).toThrow(name);
    }
  });

  it('finds the service that fetches the key from where the token says, and counts its requests', async () => {
    const report = await packAgainst('fetches the key from where the token says');
    expect(report.results.find(({ name }) => name === 'key: jku, signed with it')?.refused).toBe(false);
    expect(report.requestsToAttacker).toBeGreaterThan(0);
    expect(() => assertAllRefused({ ...report, results: [] })).toThrow('requests went to addresses out of tokens');
  });

  it('does not praise a service that refuses everything', async () => {
    const send = async (): Promise<Answer> => ({ status: 401, headers: {}, body: '' });
    const report = await adversarialPack({ issuer, send, level: 'essential' });
    expect(report.results.every(({ refused }) => refused)).toBe(true);
    expect(() => assertAllRefused(report)).toThrow('a good token was refused');
  });

  it('does not praise a run in which nothing was tried', () => {
    expect(() => assertAllRefused({ results: [], goodTokenAccepted: true, requestsToAttacker: 0 })).toThrow(
      'nothing was tried',
    );
  });
});

describe('the attacker', () => {
  it('has a certificate that is one', async () => {
    const attacker = await attackerForTest();
    const certificate = new X509Certificate(attacker.certificate);
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.checkPrivateKey(attacker.key.privateKey)).toBe(true);
  });

  it('publishes key and certificate, and counts who asks', async () => {
    const attacker = await attackerForTest();
    const keys = await (await fetch(attacker.jwksUrl('any kid'))).json();
    expect(keys).toEqual({ keys: [{ ...attacker.key.publicJwk, kid: 'any kid' }] });
    const pem = await (await fetch(attacker.certificateUrl)).text();
    expect(new X509Certificate(pem).raw.equals(attacker.certificate)).toBe(true);
    expect(attacker.requests()).toBe(2);
  });
});
