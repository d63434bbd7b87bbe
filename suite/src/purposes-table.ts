import { type Signer, type TokenPurpose, tokenPurposes } from '@gaia/tokens/purposes';

const signers: Readonly<Record<Signer, string>> = {
  auth: 'auth',
  assets: 'assets',
  sender: 'the sender, with the secret of one endpoint',
  client: 'a client, with a key of its own',
};

/** The table of token purposes as Markdown. */
export function purposesTable(): string {
  const rows = Object.entries<TokenPurpose>(tokenPurposes).map(
    ([name, purpose]) =>
      `| ${name} | \`${purpose.typ}\` | ${purpose.algorithms.join(', ')} | ${signers[purpose.signer]} | ` +
      `${lifetime(purpose.lifetimeSeconds)} | ${purpose.singleUse ? 'yes' : 'no'} |`,
  );
  return ['| purpose | `typ` | signed | by | lives | single use |', '|---|---|---|---|---|---|', ...rows, ''].join(
    '\n',
  );
}

function lifetime(seconds: number): string {
  const units = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
  ] as const;
  const [size, unit] = units.find(([one]) => seconds >= 2 * one || seconds === one) ?? [1, 's'];
  return `${seconds / size} ${unit}`;
}
