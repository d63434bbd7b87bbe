import { describe, expect, it } from 'vitest';
import {
  asDatabaseError,
  DatabaseUnavailable,
  isForeignKeyViolation,
  isSerializationFailure,
  isUniqueViolation,
} from '../src/database-errors.ts';

function failure(code: string | undefined, message = 'failed'): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

describe('asDatabaseError', () => {
  it.each([
    ['08006', 'failed'],
    ['53300', 'too many clients'],
    ['53100', 'disk full'],
    ['57014', 'canceling statement due to statement timeout'],
    ['57P01', 'terminating connection due to administrator command'],
    ['57P03', 'the database system is starting up'],
    ['ECONNREFUSED', 'failed'],
    ['EAI_AGAIN', 'failed'],
    [undefined, 'Connection terminated unexpectedly'],
    [undefined, 'timeout exceeded when trying to connect'],
  ])('says that the database is unavailable: %s %s', (code, message) => {
    const cause = failure(code, message);
    const error = asDatabaseError(cause);
    expect(error).toBeInstanceOf(DatabaseUnavailable);
    expect(error).toMatchObject({ code: 'database_unavailable', cause });
  });

  it.each([
    ['23505', 'duplicate key'],
    ['42P01', 'relation does not exist'],
    ['22P02', 'invalid input'],
    ['28P01', 'password authentication failed'],
    [undefined, 'anything else'],
  ])('leaves other errors what they are: %s %s', (code, message) => {
    const error = failure(code, message);
    expect(asDatabaseError(error)).toBe(error);
  });

  it('takes the fields with data unavailable', () => {
    const error = Object.assign(failure('23505'), {
      detail: 'Key (email)=(ada@example.org)',
      where: 'x',
      table: 'people',
    });
    expect(asDatabaseError(error)).not.toHaveProperty('detail');
    expect(asDatabaseError(error)).not.toHaveProperty('where');
    expect(asDatabaseError(error)).toHaveProperty('table', 'people');
  });
});

describe('what an error says', () => {
  it.each([
    [isUniqueViolation, '23505'],
    [isForeignKeyViolation, '23503'],
    [isSerializationFailure, '40001'],
    [isSerializationFailure, '40P01'],
  ])('%o of %s', (says, code) => {
    expect(says(failure(code))).toBe(true);
    expect(says(failure('42601'))).toBe(false);
    for (const nothing of [undefined, null, 'text', {}, { code: 23505 }]) expect(says(nothing)).toBe(false);
  });
});
