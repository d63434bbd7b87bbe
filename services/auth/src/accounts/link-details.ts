import { plainText } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';
import { NewPassword } from '../passwords/schemas.ts';
import type { Account } from './account-of-address.ts';
import { Username } from './user-schemas.ts';

/** What the page of a link needs to know. */
export interface LinkDetails {
  readonly email: string;
  readonly site: string | undefined;
  readonly siteName: string | undefined;
  /** Whether the address has an account with an owner; without one, a password and names are chosen with the link. */
  readonly hasAccount: boolean;
  /** Suggestions for the form, from the request for the link. */
  readonly name: string;
  readonly username: string | null;
}

/** What a link asked for, where that was more than a proof. */
interface LinkRequest {
  readonly email: string;
  readonly site: string;
  readonly siteName: string;
  readonly name?: string;
  readonly username?: string | null;
}

export function linkDetails(account: Account | undefined, request?: LinkRequest): LinkDetails {
  const hasAccount = account?.isProved ?? false;
  return {
    email: request?.email ?? account?.email ?? '',
    site: request?.site,
    siteName: request?.siteName,
    hasAccount,
    name: hasAccount ? '' : request?.name || account?.name || '',
    username: hasAccount ? null : (request?.username ?? account?.username ?? null),
  };
}

export const LinkDetailsResponse = Type.Object(
  {
    email: Type.String(),
    site: Type.Union([Type.String(), Type.Null()], { description: 'The site that is joined' }),
    site_name: Type.Union([Type.String(), Type.Null()]),
    has_account: Type.Boolean({
      description: 'Without one that its owner has proved, a password and names are chosen with the link',
    }),
    name: Type.String({ description: 'Suggestion for the form; only what is sent with the token counts' }),
    username: Type.Union([Type.String(), Type.Null()], { description: 'The same' }),
  },
  { title: 'LinkDetails' },
);

export function linkDetailsResponse({ email, site, siteName, hasAccount, name, username }: LinkDetails) {
  return {
    email,
    site: site ?? null,
    site_name: siteName ?? null,
    has_account: hasAccount,
    name,
    username,
  };
}

/** What is chosen with a link, beside its token. */
export const choiceProperties = {
  password: Type.Optional(NewPassword),
  name: Type.Optional(plainText({ maxLength: 200 })),
  username: Type.Optional(Username),
};

/** Refusals of what is chosen. */
export const choiceRefusals = {
  400: ['password_required', 'password_too_weak', 'username_reserved', 'username_confusable'],
  409: ['account_exists', 'username_taken'],
} as const;
