import type { State } from '@gaia/state/state';
import type { Verifier } from '@gaia/token-guard/verifier';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import type { Refresh } from '../sessions/refresh.ts';
import { createClientAuthentication } from './client-authentication.ts';
import { createClientCredentials } from './client-credentials.ts';
import { type ClientSecretsOptions, createClientSecrets } from './client-secrets.ts';
import { createFindClient } from './find-client.ts';
import { createIntrospection } from './introspect.ts';
import { createRevokeToken } from './revoke.ts';
import type { OAuthOptions } from './routes.ts';
import { createServiceAccounts, type ServiceAccountsOptions } from './service-accounts.ts';
import { createTokenExchange, serviceAudiences } from './token-exchange.ts';

type Shared = ClientSecretsOptions &
  Omit<ServiceAccountsOptions, 'secrets'> &
  Omit<Parameters<typeof createClientCredentials>[0], 'lifetimeSeconds'> &
  Omit<Parameters<typeof createRevokeToken>[0], 'verifier'> &
  Omit<Parameters<typeof createIntrospection>[0], 'verifier' | 'families'>;

type Options = Shared & {
  /** Of the access tokens that are exchanged. */
  readonly verifier: Verifier;
  verifierOf(audiences: readonly string[]): Verifier;
  readonly state: Pick<State, 'consumeOnce' | 'families'>;
  readonly refresh: Refresh;
  readonly accessTokenSeconds: number;
};

/** The authorization server: its endpoints, and the service accounts that use them. */
export function createOAuth(options: Options) {
  const { issuer, state, refresh, accessTokenSeconds: lifetimeSeconds } = options;
  const clientSecrets = createClientSecrets(options);
  const verifier = options.verifierOf([SUITE_AUDIENCE, ...serviceAudiences]);
  const endpoints: OAuthOptions = {
    refresh,
    authenticateClient: createClientAuthentication({
      ...options,
      findClient: createFindClient(options),
      noteUse: clientSecrets.noteUse,
      audiences: [issuer, `${issuer}/oauth/token`],
    }),
    issueForClient: createClientCredentials({ ...options, lifetimeSeconds }),
    exchangeToken: createTokenExchange({ ...options, lifetimeSeconds }),
    revokeToken: createRevokeToken({ ...options, verifier }),
    introspectToken: createIntrospection({ ...options, verifier, families: state.families }),
  };
  return { endpoints, clientSecrets, serviceAccounts: createServiceAccounts({ ...options, secrets: clientSecrets }) };
}
