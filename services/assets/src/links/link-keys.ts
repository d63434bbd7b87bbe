/** Keys of download links. The first signs; all verify, so that a key can be replaced without breaking living links. */
export interface LinkKeys {
  readonly signing: { readonly kid: string; readonly secret: Buffer };
  readonly byKid: ReadonlyMap<string, Buffer>;
}

const MIN_SECRET_LENGTH = 32;

/** Reads `kid:secret,…`. Throws an Error that completes "ASSETS_LINK_KEYS …" and never holds a secret. */
export function parseLinkKeys(text: string): LinkKeys {
  const secrets = new Map<string, Buffer>();
  for (const member of text.split(',')) {
    const [kid = '', ...rest] = member.trim().split(':');
    const secret = rest.join(':');
    if (!/^[A-Za-z0-9_-]{1,64}$/.test(kid)) throw new Error('must be a list of <kid>:<secret>');
    if (secret.length < MIN_SECRET_LENGTH)
      throw new Error(`must have secrets of ${MIN_SECRET_LENGTH} characters or more`);
    if (secrets.has(kid)) throw new Error('must not name a key twice');
    secrets.set(kid, Buffer.from(secret, 'utf8'));
  }
  const [first] = secrets;
  if (first === undefined) throw new Error('must hold a key');
  return { signing: { kid: first[0], secret: first[1] }, byKid: secrets };
}
