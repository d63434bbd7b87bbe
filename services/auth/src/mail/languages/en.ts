import type { MailFacts, MailTexts } from './mail-texts.ts';

const greeting = ({ name }: MailFacts) => (name === '' ? 'Hello,' : `Hello ${name},`);
const once = ({ validity }: MailFacts) => `The link works once and is valid for ${validity}.`;
const notYou = 'If this was not you, ignore this mail: without the link, nothing happens.';
const act =
  'If this was not you, choose a new password at once with “Forgot your password?” on the sign-in page, and tell the people who run the site.';

export const en: MailTexts = {
  registration: (facts) => ({
    subject: `Confirm your address for ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `This address was used to register at ${facts.site}. If that was you, confirm it and choose your password.`,
    ],
    button: 'Confirm address',
    footnotes: [once(facts), notYou],
  }),
  registrationOfKnown: (facts) => ({
    subject: `Join ${facts.site} with your account`,
    paragraphs: [
      greeting(facts),
      `This address was used to register at ${facts.site}. It already has an account here.`,
      `You can use that account at ${facts.site} too. Its password stays the same.`,
    ],
    button: `Join ${facts.site}`,
    footnotes: [once(facts), notYou],
  }),
  registrationOfMember: (facts) => ({
    subject: `You already have an account at ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `This address was used to register at ${facts.site}, where it already has an account.`,
      'If that was you, just sign in. If you do not remember the password, choose “Forgot your password?” on the sign-in page.',
    ],
    footnotes: ['If this was not you, ignore this mail: nothing has changed.'],
  }),
  verification: (facts) => ({
    subject: `Confirm your address for ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `There is an account for this address at ${facts.site}. Confirm that the address is yours, and choose your password.`,
    ],
    button: 'Confirm address',
    footnotes: [once(facts), 'Earlier passwords and sessions end when the link is used.', notYou],
  }),
  passwordReset: (facts) => ({
    subject: `A new password for ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `A new password was asked for, for your account at ${facts.site}. If that was you, choose it now.`,
    ],
    button: 'Choose a new password',
    footnotes: [once(facts), 'You are signed out everywhere when the password is set.', notYou],
  }),
  emailChange: (facts) => ({
    subject: `Confirm your new address for ${facts.site}`,
    paragraphs: [greeting(facts), `This is to become the address of your account at ${facts.site}.`],
    button: 'Confirm new address',
    footnotes: [once(facts), notYou],
  }),
  emailChangeTaken: (facts) => ({
    subject: `This address has an account at ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Another account at ${facts.site} was to be given this address. It stays with yours, and nothing has changed.`,
    ],
  }),
  invitation: (facts) => ({
    subject: `You are invited to ${facts.site}`,
    paragraphs: [greeting(facts), `You are invited to become a member of ${facts.site}.`],
    button: 'Accept the invitation',
    footnotes: [once(facts), 'If you do not know what this is about, ignore this mail.'],
  }),
  emailChangeNotice: (facts) => ({
    subject: `Your address at ${facts.site} is to be changed`,
    paragraphs: [
      greeting(facts),
      `Another address was asked for, for your account at ${facts.site}, with your password (${facts.time}).`,
      act,
    ],
  }),
  emailChanged: (facts) => ({
    subject: `Your address at ${facts.site} has changed`,
    paragraphs: [
      greeting(facts),
      `Your account at ${facts.site} has another address now (${facts.time}). Mails about it no longer come here.`,
      'If this was not you, tell the people who run the site at once.',
    ],
  }),
  passwordChanged: (facts) => ({
    subject: `Your password at ${facts.site} has changed`,
    paragraphs: [greeting(facts), `Your account at ${facts.site} has a new password (${facts.time}).`, act],
  }),
  newDevice: (facts) => ({
    subject: `A new device at ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Your account at ${facts.site} was used from a device or network that had not been seen before.`,
      `Time: ${facts.time}`,
      `IP address: ${facts.address}`,
      `Device: ${facts.device}`,
      act,
    ],
  }),
  administratorAdded: (facts) => ({
    subject: `New administrator: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `The account ${facts.account} is now an administrator of this installation (${facts.time}).`,
      'Administrators can do everything at every site. If this is not right, tell the people who run the installation at once.',
    ],
  }),
  administratorRemoved: (facts) => ({
    subject: `No longer an administrator: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `The account ${facts.account} is no longer an administrator of this installation (${facts.time}).`,
      'If this is not right, tell the people who run the installation.',
    ],
  }),
};
