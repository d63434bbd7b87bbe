import type { FastifyReply } from 'fastify';

/**
 * Has the browser drop what it keeps of this origin: files that a session opened must not be shown to the next person at the
 * same browser (W3C Clear-Site-Data §3.1; browsers obey it over https).
 */
export function clearCache(reply: FastifyReply): void {
  reply.header('clear-site-data', '"cache"');
}
