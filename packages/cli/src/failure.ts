/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** What was asked for could not be done: exit code 1. `details` are further lines. */
export class Failure extends Error {
  readonly details: readonly string[];
  constructor(message: string, details: readonly string[] = []) {
    super(message);
    this.name = 'Failure';
    this.details = details;
  }
}

/** Ctrl-C at a question: exit code 130, as shells have it. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Exit codes of every command. */
export const exitCodes = Object.freeze({ ok: 0, failed: 1, usage: 2, interrupted: 130 });
