/** Every text of the pages, in one language. */
export interface Texts {
  readonly language: string;
  readonly languageName: string;
  readonly skip: string;
  readonly language_choice: string;
  readonly signIn: string;
  readonly signInTo: (site: string) => string;
  readonly continueTo: (host: string) => string;
  readonly nameOrEmail: string;
  readonly password: string;
  readonly remember: string;
  readonly forgotLink: string;
  readonly noAccount: string;
  readonly register: string;
  readonly registerAt: (site: string) => string;
  readonly registerIntro: string;
  readonly haveAccount: string;
  readonly elsewhere: string;
  readonly email: string;
  readonly name: string;
  readonly username: string;
  readonly optional: string;
  readonly newPassword: string;
  readonly passwordHint: string;
  readonly forgot: string;
  readonly forgotIntro: string;
  readonly sendLink: string;
  readonly mailSent: string;
  readonly mailSentText: string;
  readonly reset: string;
  readonly resetIntro: string;
  readonly setPassword: string;
  readonly resetDone: string;
  readonly resetDoneText: string;
  readonly verify: string;
  readonly verifyIntro: string;
  readonly confirm: string;
  readonly verifyDone: string;
  readonly verifyDoneText: string;
  readonly invitationIntro: string;
  readonly invitedTo: (site: string) => string;
  readonly join: string;
  readonly joinSite: (site: string) => string;
  readonly joinIntro: (site: string) => string;
  readonly joined: string;
  readonly joinedText: (site: string) => string;
  readonly emailChange: string;
  readonly emailChangeIntro: string;
  readonly emailChangeSignIn: string;
  readonly emailChanged: string;
  readonly emailChangedText: string;
  readonly account: string;
  readonly signedInAs: (who: string) => string;
  readonly devices: string;
  readonly thisDevice: string;
  readonly unknownDevice: string;
  readonly deviceOn: (program: string, system: string) => string;
  readonly lastUsed: (when: string) => string;
  readonly end: string;
  readonly endLabel: (device: string) => string;
  readonly signOut: string;
  readonly signOutHint: string;
  readonly signOutEverywhere: string;
  readonly signOutEverywhereHint: string;
  readonly otherSites: string;
  readonly noOtherSites: string;
  readonly ownData: string;
  readonly exportData: string;
  readonly exportHint: string;
  readonly deleteAccount: string;
  readonly deleteHint: string;
  readonly deleted: string;
  readonly deletedText: string;
  readonly signedOut: string;
  readonly signedOutText: string;
  readonly somethingWrong: string;
  readonly required: string;
  readonly checkForm: string;
  readonly back: string;
  readonly requestId: string;
  /** Sentences for refusals, by code. */
  readonly refusals: Readonly<Record<RefusalText, string>>;
}

export type RefusalText =
  | 'invalid_credentials'
  | 'not_a_member'
  | 'wrong_password'
  | 'last_administrator'
  | 'last_owner'
  | 'rate_limited'
  | 'link_invalid'
  | 'link_expired'
  | 'password_too_weak'
  | 'validation_failed'
  | 'registration_closed'
  | 'username_taken'
  | 'username_reserved'
  | 'username_confusable'
  | 'account_exists'
  | 'link_of_another_account'
  | 'email_taken'
  | 'site_not_found'
  | 'sign_on_refused'
  | 'return_path_refused'
  | 'form_expired'
  | 'https_required'
  | 'upstream_unavailable';
