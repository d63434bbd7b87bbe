import type { Service } from '@gaia/http-service/service';
import { grantableScopes } from '@gaia/tokens/scopes';
import { type Static, Type } from 'typebox';
import { clientKeyAlgorithms } from './client-keys.ts';
import { TOKEN_EXCHANGE } from './token-exchange.ts';

const strings = Type.Array(Type.String());

const Metadata = Type.Object(
  {
    issuer: Type.String(),
    jwks_uri: Type.String(),
    token_endpoint: Type.String(),
    revocation_endpoint: Type.String(),
    introspection_endpoint: Type.String(),
    grant_types_supported: strings,
    response_types_supported: strings,
    token_endpoint_auth_methods_supported: strings,
    token_endpoint_auth_signing_alg_values_supported: strings,
    revocation_endpoint_auth_methods_supported: strings,
    introspection_endpoint_auth_methods_supported: strings,
    introspection_endpoint_auth_signing_alg_values_supported: strings,
    scopes_supported: strings,
    subject_types_supported: strings,
    id_token_signing_alg_values_supported: strings,
  },
  { title: 'AuthorizationServerMetadata' },
);

/**
 * What the server can do (RFC 8414 §3, OpenID Connect Discovery 1.0 §4): two paths, because clients look at one or the
 * other. There is no authorization endpoint, and so no response type.
 */
export function registerDiscovery(app: Service, issuer: string): void {
  const base = issuer.replace(/\/+$/, '');
  const secrets = ['client_secret_basic', 'client_secret_post', 'private_key_jwt'];
  const metadata: Static<typeof Metadata> = {
    issuer,
    jwks_uri: `${base}/.well-known/jwks.json`,
    token_endpoint: `${base}/oauth/token`,
    revocation_endpoint: `${base}/oauth/revoke`,
    introspection_endpoint: `${base}/oauth/introspect`,
    grant_types_supported: ['refresh_token', 'client_credentials', TOKEN_EXCHANGE],
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ['none', ...secrets],
    token_endpoint_auth_signing_alg_values_supported: [...clientKeyAlgorithms],
    revocation_endpoint_auth_methods_supported: ['none', ...secrets],
    introspection_endpoint_auth_methods_supported: secrets,
    introspection_endpoint_auth_signing_alg_values_supported: [...clientKeyAlgorithms],
    scopes_supported: [...grantableScopes],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  };
  for (const [name, operationId] of [
    ['oauth-authorization-server', 'getAuthorizationServerMetadata'],
    ['openid-configuration', 'getOpenidConfiguration'],
  ] as const) {
    app.get(
      `/.well-known/${name}`,
      {
        schema: {
          operationId,
          summary: 'Get the authorization server metadata',
          description: 'Endpoints, grants and client authentication methods (RFC 8414; OpenID Connect Discovery 1.0).',
          tags: ['oauth'],
          response: { 200: Metadata },
        },
      },
      async (_request, reply) => {
        reply.headers({ 'cache-control': 'public, max-age=3600', 'access-control-allow-origin': '*' });
        return metadata;
      },
    );
  }
}
