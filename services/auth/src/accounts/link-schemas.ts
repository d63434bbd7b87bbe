import { Type } from 'typebox';
import { PASSWORD_LENGTH } from '../passwords/passwords.ts';
import { MAX_LINK_TOKEN_LENGTH } from '../tokens/link-tokens.ts';

export const EmailText = Type.String({ minLength: 3, maxLength: 254 });
export const NewPassword = Type.String({ minLength: PASSWORD_LENGTH.min, maxLength: PASSWORD_LENGTH.max });
/** A password that is only compared. */
export const PresentPassword = Type.String({ minLength: 1, maxLength: PASSWORD_LENGTH.max });
export const LinkToken = Type.String({
  minLength: 1,
  maxLength: MAX_LINK_TOKEN_LENGTH,
  description: 'The `token` of the link; works once',
});

export const ForgotBody = Type.Object({ email: EmailText }, { additionalProperties: false });
export const LinkBody = Type.Object({ token: LinkToken }, { additionalProperties: false });

/** The same whoever asks: it says nothing of whether there is such a user. */
export const AcceptedAnswer = Type.Object({}, { additionalProperties: false });

export const WELL_MEANT = 'The answer is always the same; what follows is in the mail';
