import { Type } from 'typebox';
import { PASSWORD_LENGTH } from './passwords.ts';

export const NewPassword = Type.String({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max });
/** A password that is only compared. */
export const CurrentPassword = Type.String({ minLength: 1, maxLength: PASSWORD_LENGTH.max });
