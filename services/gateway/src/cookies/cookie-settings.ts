import type { ClientInfo } from '../client/client-info.ts';
import { problem } from '../errors.ts';

/** How the gateway sets its cookies: decided once, at start. */
export interface CookieSettings {
  nameOf(purpose: string): string;
  readonly attributes: {
    readonly path: '/';
    readonly httpOnly: true;
    readonly secure: boolean;
    readonly sameSite: 'lax';
  };
  /** Refuses a client whose browser would send a session's cookie in the clear: https_required. */
  requireSecureContext(client: Pick<ClientInfo, 'host'>): void;
}

/**
 * `__Host-<purpose>` with an https PUBLIC_URL (RFC 6265bis §4.1.3.2: bound to this host, https and the whole path; no
 * sibling domain can plant it). Else `<purpose>-<port>`, on localhost alone: cookies do not know of ports, and two
 * installations on one machine must not sign each other's users out.
 */
export function createCookieSettings(publicUrl: string): CookieSettings {
  const { protocol, port } = new URL(publicUrl);
  const secure = protocol === 'https:';
  return {
    nameOf: (purpose) => (secure ? `__Host-${purpose}` : `${purpose}-${port || '80'}`),
    attributes: { path: '/', httpOnly: true, secure, sameSite: 'lax' },
    requireSecureContext({ host }) {
      if (!secure && !host.local) throw problem('https_required');
    },
  };
}
