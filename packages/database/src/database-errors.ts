/** The database cannot be reached or does not answer in time. Services answer it with 503 and Retry-After. */
export class DatabaseUnavailable extends Error {
  readonly code = 'database_unavailable';
  constructor(options?: { cause?: unknown }) {
    super('the database is unavailable', options);
    this.name = 'DatabaseUnavailable';
  }
}

/** SQLSTATE classes: connection exception, insufficient resources (connections, disk, memory), system error. */
const unavailableClasses = ['08', '53', '58'];
/** query_canceled (statement_timeout), the server's own end or start, idle_in_transaction_session_timeout. */
const unavailableStates = ['57014', '57P01', '57P02', '57P03', '57P05', '25P03'];
const networkCodes = [
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  // No socket: an embedded server that is not running.
  'ENOENT',
];
/** Errors of the driver that have no code. */
const driverMessages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Client has encountered a connection error',
  'Client was closed',
  'Cannot use a pool after calling end',
];

/** The same error, or DatabaseUnavailable with it as the cause where it says that the database does not answer. */
export function asDatabaseError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof DatabaseUnavailable) return error;
  return saysUnavailable(error) ? new DatabaseUnavailable({ cause: error }) : withoutData(error);
}

/** The server is there, and has no connection left to give (SQLSTATE 53300). */
export function isFull(error: unknown): boolean {
  return sqlState(error) === '53300';
}

function saysUnavailable(error: Error): boolean {
  const code = sqlState(error);
  if (code === undefined) return driverMessages.some((message) => error.message.startsWith(message));
  if (networkCodes.includes(code) || unavailableStates.includes(code)) return true;
  if (error instanceof AggregateError) return true;
  return code.length === 5 && unavailableClasses.includes(code.slice(0, 2));
}

/** PostgreSQL repeats rows and statements in these fields, and errors are logged. */
function withoutData(error: Error): Error {
  const detailed = error as { detail?: string; where?: string; internalQuery?: string; hint?: string };
  delete detailed.detail;
  delete detailed.where;
  delete detailed.internalQuery;
  delete detailed.hint;
  return error;
}

function sqlState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

/** A row like this is there already (SQLSTATE 23505); of one constraint or unique index, if it is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23505', constraint);
}

/** The row that this one refers to is not there, or one that is referred to would go (SQLSTATE 23503). */
export function isForeignKeyViolation(error: unknown, constraint?: string): boolean {
  return violates(error, '23503', constraint);
}

/** Two transactions came in each other's way (40001, 40P01): done again, this one may succeed. */
export function isSerializationFailure(error: unknown): boolean {
  return ['40001', '40P01'].includes(sqlState(error) ?? '');
}

function violates(error: unknown, state: string, constraint: string | undefined): boolean {
  if (sqlState(error) !== state) return false;
  return constraint === undefined || (error as { constraint?: string }).constraint === constraint;
}
