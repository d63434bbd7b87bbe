import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { CommandContext, Context } from '../context.ts';
import { described } from '../described.ts';
import { exitCodes, UsageError } from '../failure.ts';
import { listOption, suiteOption, textArgument, textOption, urlOption } from '../options.ts';
import { suiteUrl } from '../suite-url.ts';
import { jsonText } from '../terminal/printable.ts';
import { decodeToken } from '../token/decoded-token.ts';
import { type Inspection, inspectionJson, inspectionText } from '../token/inspection.ts';
import { standingOf } from '../token/standing.ts';
import { MAX_INPUT_LENGTH, readTokenInput } from '../token/token-input.ts';
import { verdictOn } from '../token/verdict.ts';

const WELL_KNOWN = '/.well-known/jwks.json';

export function addTokenInspect(parent: CommandUnknownOpts, context: CommandContext): void {
  described(parent.command('inspect'), {
    summary: 'Decode a token, verify it, and name the check that refuses it',
    details: [
      'Reads the token from standard input when the argument is - or absent; an answer of /auth/login is understood too.',
      'It is verified as every service does it, with the published keys. If the keys are those of a suite (no --jwks) and ' +
        'the token is genuine, the suite is asked as well whether it was revoked.',
      'Ends with 0 if the token is good, with 1 if it is refused.',
    ],
    examples: [
      'gaia token inspect - < token.txt',
      'curl -s http://localhost:8080/auth/login … | gaia token inspect -',
      'gaia token inspect - --jwks https://id.example.com/keys --issuer https://id.example.com',
    ],
  })
    .addArgument(textArgument('[token|-]', 'the token, or - for standard input', MAX_INPUT_LENGTH))
    .addOption(suiteOption())
    .addOption(urlOption('--jwks <url>', `where the keys are, if not at <suite>${WELL_KNOWN}`).conflicts('url'))
    .addOption(
      textOption('--issuer <issuer>', 'the iss that is expected; the URL of the suite or of the keys if absent'),
    )
    .addOption(
      listOption(
        '--audience <audience>',
        `an aud that is accepted, ${SUITE_AUDIENCE} if absent; several times for several`,
      ),
    )
    .option('--keys-only', 'do not ask the suite whether the token was revoked')
    .option('--json', 'print everything as JSON')
    .action(async (operand = '-', values) => {
      const source = sourceOf(values, context);
      const token = await readTokenInput(operand, context);
      if (token === '') throw new UsageError('there is no token');
      const audiences = values.audience ?? [SUITE_AUDIENCE];
      const verdict = await verdictOn(token, { ...source, audiences }, context);
      const ask = verdict.accepted && source.suite !== undefined && !values.keysOnly;
      const inspection: Inspection = {
        decoded: decodeToken(token),
        verdict,
        standing: ask && source.suite ? await standingOf(token, source.suite, context) : undefined,
        checkedAgainst: { jwks: source.jwksUrl, issuer: source.issuer, audiences },
      };
      const now = context.now();
      context.stdout.write(values.json ? jsonText(inspectionJson(inspection)) : inspectionText(inspection, now));
      if (!verdict.accepted || inspection.standing?.kind === 'refused') context.setExitCode(exitCodes.failed);
    });
}

interface KeySource {
  readonly jwksUrl: string;
  readonly issuer: string;
  /** The suite whose keys these are, if they are a suite's. */
  readonly suite: string | undefined;
}

interface Given {
  readonly url?: string | undefined;
  readonly jwks?: string | undefined;
  readonly issuer?: string | undefined;
}

function sourceOf({ url, jwks, issuer }: Given, context: Context): KeySource {
  if (jwks === undefined) {
    const suite = suiteUrl(url, context);
    // GAIA_ISSUER in the environment speaks of the suite of that environment, not of any other.
    const configured = url === undefined ? context.env.GAIA_ISSUER?.trim() || undefined : undefined;
    return { jwksUrl: `${suite}${WELL_KNOWN}`, issuer: issuer ?? configured ?? suite, suite };
  }
  const known = issuer ?? (jwks.endsWith(WELL_KNOWN) ? jwks.slice(0, -WELL_KNOWN.length) : undefined);
  if (known === undefined)
    throw new UsageError('--issuer must be given: this URL of keys does not tell whose they are');
  return { jwksUrl: jwks, issuer: known, suite: undefined };
}
