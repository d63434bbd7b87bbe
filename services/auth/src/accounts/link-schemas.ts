import { Type } from 'typebox';
import { MAX_LINK_TOKEN_LENGTH } from '../tokens/link-tokens.ts';

export const EmailText = Type.String({ minLength: 3, maxLength: 254 });
export const LinkToken = Type.String({
  minLength: 1,
  maxLength: MAX_LINK_TOKEN_LENGTH,
  description: 'The `token` of the link; works once',
});

export const ForgotBody = Type.Object({ email: EmailText }, { additionalProperties: false });
export const LinkBody = Type.Object({ token: LinkToken }, { title: 'LinkToken', additionalProperties: false });

/** The same whoever asks: it says nothing of whether there is such a user. */
export const AcceptedResponse = Type.Object({}, { title: 'Accepted', additionalProperties: false });

export const WELL_MEANT = 'The answer is always the same; what follows is in the mail';
