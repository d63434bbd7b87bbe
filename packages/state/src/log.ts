/** Where state reports what an operator should know; pino's Logger fits. Never given a secret, a key or a value. */
export interface StateLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

export const silentLog: StateLog = { info() {}, warn() {} };
