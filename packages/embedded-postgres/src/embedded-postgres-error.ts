export type EmbeddedPostgresErrorCode =
  /** The platform has no binaries, or they cannot be run. */
  | 'binaries_unusable'
  /** Another living process works on the directory. */
  | 'data_dir_in_use'
  /** The directory cannot be created, written or read, or does not hold what it should. */
  | 'data_dir_unusable'
  /** The data was made by another major version of PostgreSQL. */
  | 'data_dir_other_version'
  /** The process is root and there is no other user that PostgreSQL could run as. */
  | 'no_unprivileged_user'
  /** PostgreSQL did not start; the end of its log is in the message. */
  | 'postgres_start_failed'
  /** PostgreSQL did not end in time. */
  | 'postgres_stop_failed'
  /** PostgreSQL ended without having been told to. */
  | 'postgres_ended'
  | 'database_name_invalid';

/** What goes wrong with the embedded server; `code` is stable, the message is for the person at the terminal. */
export class EmbeddedPostgresError extends Error {
  readonly code: EmbeddedPostgresErrorCode;
  constructor(code: EmbeddedPostgresErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'EmbeddedPostgresError';
    this.code = code;
  }
}
