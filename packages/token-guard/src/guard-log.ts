/** What the guard needs of a logger; pino's and Fastify's fit. Nothing of a token is ever passed to it. */
export interface GuardLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}
