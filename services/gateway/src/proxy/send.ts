import type { Dispatcher } from 'undici';
import type { OpenStreams } from '../credentials/open-streams.ts';
import { problem } from '../errors.ts';
import { isConnectFailure, NoReplicaAvailable } from '../upstreams/errors.ts';
import type { Upstreams } from '../upstreams/pools.ts';
import { accessTokenOf, authorizationOf, type RequestCredential } from './authenticate.ts';
import type { MatchedRequest } from './forward.ts';
import { ownResponseHeaders } from './own-headers.ts';
import { type RelayOutcome, relay } from './relay.ts';
import type { Payload } from './request-body.ts';
import { tunnel, type Upgrade } from './web-socket.ts';

export interface Sending {
  readonly matched: MatchedRequest;
  readonly credential: RequestCredential;
  /** Without Authorization; names and values in turns. */
  readonly headers: readonly string[];
  readonly payload: Payload | null;
  readonly upgrade: Upgrade | undefined;
}

export interface SendOptions {
  readonly upstreams: Upstreams;
  readonly openStreams: OpenStreams;
  readonly isDraining: () => boolean;
}

/** Sends a request to its service and relays the response. Rejects where there is none. */
export async function send(sending: Sending, options: SendOptions): Promise<void> {
  if (sending.upgrade !== undefined) await openTunnel(sending, sending.upgrade, options);
  else if ((await sendOnce(sending, options, true)) === 'again') await sendOnce(sending, options, false);
}

async function sendOnce(sending: Sending, options: SendOptions, mayRepeat: boolean): Promise<RelayOutcome> {
  const { matched, credential, payload } = sending;
  const { request, reply, route } = matched;
  const { session } = credential;
  const method = request.method as Dispatcher.HttpMethod;
  // RFC 9110 §9.2.1: a safe method, and nothing of the request has been used up.
  const isRepeatable = mayRepeat && payload === null && (method === 'GET' || method === 'HEAD');
  const serviceRequest: Dispatcher.DispatchOptions = {
    method,
    path: matched.path,
    headers: withAuthorization(sending),
    // undici takes iterables as well, though its types do not say so.
    body: payload as Buffer | null,
  };
  // By itself, undici ends a connection with a HEAD.
  if (method === 'HEAD') serviceRequest.reset = false;
  let endWatch: (() => void) | undefined;
  const outcome = await relay(options.upstreams.dispatchers[route.upstream], serviceRequest, {
    outgoing: reply.raw,
    takeOver: () => void reply.hijack(),
    ownHeaders: () => ownResponseHeaders(reply, session?.setCookies() ?? [], options.isDraining()),
    onEvents() {
      endWatch = watchStream(credential, options, () => reply.raw.destroy());
    },
    onUnauthorized:
      session?.accessToken() === undefined
        ? undefined
        : async (challenge) => (await session.onRefused(challenge)) && isRepeatable,
  });
  endWatch?.();
  return outcome;
}

async function openTunnel(sending: Sending, upgrade: Upgrade, options: SendOptions): Promise<void> {
  const { matched, credential } = sending;
  const request = { path: matched.path, headers: withAuthorization(sending) };
  try {
    await tunnel(options.upstreams.dispatchers[matched.route.upstream], upgrade, request, () => matched.reply.hijack());
  } catch (error) {
    if (error instanceof NoReplicaAvailable || isConnectFailure(error)) throw error;
    throw problem('web_socket_refused', { cause: error });
  }
  const { socket } = upgrade;
  const endWatch = watchStream(credential, options, () => socket.destroy());
  if (socket.destroyed) endWatch?.();
  else socket.once('close', () => endWatch?.());
}

function withAuthorization({ credential, headers }: Sending): string[] {
  const authorization = authorizationOf(credential);
  return authorization === undefined ? [...headers] : [...headers, 'authorization', authorization];
}

/** Ends a stream when what has let it in is revoked. Gives what ends the watch. */
function watchStream(credential: RequestCredential, options: SendOptions, close: () => void): (() => void) | undefined {
  const accessToken = accessTokenOf(credential);
  if (accessToken === undefined) return undefined;
  return options.openStreams.watch({ accessToken, renewed: credential.session?.renewed }, close);
}
