import { Agent, fetch as undiciFetch } from 'undici';
import type { Fetch } from './bounded-fetch.ts';

/** Above it requests to one service wait for a connection, until their deadline: a slow service must not take all sockets. */
const CONNECTIONS_PER_ORIGIN = 128;

const dispatcher = new Agent({ connections: CONNECTIONS_PER_ORIGIN });

/** The `fetch` of every service, over connections that the process keeps and shares. */
export const fetch: Fetch = (url, init) => undiciFetch(url, { ...init, dispatcher });
