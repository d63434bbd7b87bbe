import { secret, text, url } from '@gaia/settings';

/** Settings of a service that follows cms's feed, as the client of auth that it is by default. */
export function feedSettings(clientId: string) {
  return {
    AUTH_URL: url({ doc: 'Where auth answers', fallback: 'http://127.0.0.1:8081', protocols: ['http', 'https'] }),
    CMS_URL: url({ doc: 'Where cms answers', fallback: 'http://127.0.0.1:8082', protocols: ['http', 'https'] }),
    SERVICE_CLIENT_ID: text({ doc: 'Name of the service as a client of auth', fallback: clientId }),
    SERVICE_CLIENT_SECRET: secret({ doc: 'Its secret, as in SERVICE_CLIENTS of auth', required: true }),
  };
}

export interface FeedConfig {
  readonly AUTH_URL: string;
  readonly CMS_URL: string;
  readonly SERVICE_CLIENT_ID: string;
  readonly SERVICE_CLIENT_SECRET: string;
  readonly DATABASE_URL: string;
}
