import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import { defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { exitCodes, UsageError } from '../failure.ts';
import { baseUrl, flag, list, text } from '../option.ts';
import { suiteUrl } from '../suite-url.ts';
import { jsonText } from '../terminal/printable.ts';
import { decodeToken } from '../token/decoded-token.ts';
import { type Inspection, inspectionJson, inspectionText } from '../token/inspection.ts';
import { standingOf } from '../token/standing.ts';
import { MAX_INPUT_LENGTH, readTokenInput } from '../token/token-input.ts';
import { verdictOn } from '../token/verdict.ts';

const WELL_KNOWN = '/.well-known/jwks.json';

export const tokenInspect = defineCommand({
  name: 'token inspect',
  summary: 'Decode a token, verify it, and name the check that refuses it',
  details: [
    'Reads the token from standard input when the argument is - or absent; an answer of /auth/login is understood too.',
    'It is verified as every service does it, with the published keys. If the keys are those of a suite (no --jwks) and ' +
      'the token is genuine, the suite is asked as well whether it was revoked.',
    'Ends with 0 if the token is good, with 1 if it is refused.',
  ],
  operands: {
    token: text({
      placeholder: '<token|->',
      doc: 'the token, or - for standard input',
      maxLength: MAX_INPUT_LENGTH,
    }),
  },
  options: {
    url: baseUrl({ doc: 'the suite' }),
    jwks: baseUrl({ doc: `where the keys are, if not at <suite>${WELL_KNOWN}` }),
    issuer: text({
      placeholder: '<issuer>',
      doc: 'the iss that is expected; the URL of the suite or of the keys if absent',
    }),
    audience: list({
      placeholder: '<audience>',
      doc: `an aud that is accepted, ${SUITE_AUDIENCE} if absent; several times for several`,
    }),
    'keys-only': flag({ doc: 'do not ask the suite whether the token was revoked' }),
    json: flag({ doc: 'print everything as JSON' }),
  },
  examples: [
    'gaia token inspect - < token.txt',
    'curl -s http://localhost:8080/auth/login … | gaia token inspect -',
    'gaia token inspect - --jwks https://id.example.com/keys --issuer https://id.example.com',
  ],
  run: async (values, context) => {
    const source = sourceOf(values, context);
    const token = await readTokenInput(values.token ?? '-', context);
    if (token === '') throw new UsageError('there is no token');
    const audiences = values.audience.length > 0 ? values.audience : [SUITE_AUDIENCE];
    const verdict = await verdictOn(token, { ...source, audiences }, context);
    const ask = verdict.accepted && source.suite !== undefined && !values['keys-only'];
    const inspection: Inspection = {
      decoded: decodeToken(token),
      verdict,
      standing: ask && source.suite ? await standingOf(token, source.suite, context) : undefined,
      checkedAgainst: { jwks: source.jwksUrl, issuer: source.issuer, audiences },
    };
    const now = context.now();
    context.stdout.write(values.json ? jsonText(inspectionJson(inspection)) : inspectionText(inspection, now));
    return verdict.accepted && inspection.standing?.kind !== 'refused' ? exitCodes.ok : exitCodes.failed;
  },
});

interface KeySource {
  readonly jwksUrl: string;
  readonly issuer: string;
  /** The suite whose keys these are, if they are a suite's. */
  readonly suite: string | undefined;
}

interface Given {
  readonly url: string | undefined;
  readonly jwks: string | undefined;
  readonly issuer: string | undefined;
}

function sourceOf({ url, jwks, issuer }: Given, context: Context): KeySource {
  if (jwks === undefined) {
    const suite = suiteUrl(url, context);
    // GAIA_ISSUER in the environment speaks of the suite of that environment, not of any other.
    const configured = url === undefined ? context.env.GAIA_ISSUER?.trim() || undefined : undefined;
    return { jwksUrl: `${suite}${WELL_KNOWN}`, issuer: issuer ?? configured ?? suite, suite };
  }
  if (url !== undefined) throw new UsageError('give --url or --jwks, not both');
  const known = issuer ?? (jwks.endsWith(WELL_KNOWN) ? jwks.slice(0, -WELL_KNOWN.length) : undefined);
  if (known === undefined)
    throw new UsageError('--issuer must be given: this URL of keys does not tell whose they are');
  return { jwksUrl: jwks, issuer: known, suite: undefined };
}
