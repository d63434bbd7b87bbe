/** What a text can speak of, in its language. Everything here is plain text; escaping is the layout's work. */
export interface MailFacts {
  /** The site's own name. */
  readonly site: string;
  /** The recipient's name; may be empty. */
  readonly name: string;
  /** For how long the link works: `24 hours`. Empty where there is no link. */
  readonly validity: string;
  /** When something happened, and where from. Empty for what is no notice. */
  readonly time: string;
  readonly address: string;
  readonly device: string;
  /** The e-mail address of the account that it is about, where that is not the recipient's. */
  readonly account: string;
}

/** The words of one mail. */
export interface MailText {
  readonly subject: string;
  readonly paragraphs: readonly string[];
  /** What the link says, where there is one. */
  readonly button?: string;
  /** Below the link, smaller. */
  readonly footnotes?: readonly string[];
}

/** Every mail, in one language. */
export interface MailTexts {
  registration(facts: MailFacts): MailText;
  /** A registration by a person who has an account at another site of the installation. */
  registrationOfKnown(facts: MailFacts): MailText;
  /** A registration by a present member; there is no link. */
  registrationOfMember(facts: MailFacts): MailText;
  verification(facts: MailFacts): MailText;
  passwordReset(facts: MailFacts): MailText;
  emailChange(facts: MailFacts): MailText;
  /** The new address belongs to another account; there is no link. */
  emailChangeTaken(facts: MailFacts): MailText;
  invitation(facts: MailFacts): MailText;
  emailChangeNotice(facts: MailFacts): MailText;
  emailChanged(facts: MailFacts): MailText;
  passwordChanged(facts: MailFacts): MailText;
  newDevice(facts: MailFacts): MailText;
  /** To the new administrator and to the one who has made the change. */
  administratorAdded(facts: MailFacts): MailText;
  administratorRemoved(facts: MailFacts): MailText;
}
