import type { MailFacts, MailTexts } from './mail-texts.ts';

const greeting = ({ name }: MailFacts) => (name === '' ? 'Hello,' : `Hello ${name},`);
const notYou = 'If this was not you, nothing needs to be done: nobody gets in by this mail being sent.';
const act =
  'If this was not you, set a new password now with "Forgotten password" on the login page, and tell those who run the site.';
const when = ({ at }: MailFacts) => (at === undefined ? '' : `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`);

export const en: MailTexts = Object.freeze({
  registration: (facts) => ({
    subject: `Confirm your address for ${facts.site}`,
    paragraphs: [greeting(facts), `somebody, hopefully you, has registered at ${facts.site} with this address.`],
    button: 'Confirm the address',
    footnotes: [`The link works once, within ${facts.hours} hours. You choose your password there.`, notYou],
  }),
  registrationOfKnown: (facts) => ({
    subject: `Join ${facts.site} with your account`,
    paragraphs: [
      greeting(facts),
      `somebody, hopefully you, has registered at ${facts.site} with this address, which already has an account here.`,
      `You can use that account at ${facts.site} too. Its password stays as it is.`,
    ],
    button: `Join ${facts.site}`,
    footnotes: [`The link works once, within ${facts.hours} hours.`, notYou],
  }),
  registrationOfMember: (facts) => ({
    subject: `You have an account at ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `somebody has registered at ${facts.site} with this address, which has an account there already.`,
      'If it was you, just log in. If you do not know the password any more, use "Forgotten password".',
    ],
    footnotes: [notYou],
  }),
  verification: (facts) => ({
    subject: `Confirm your address for ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `there is an account for this address at ${facts.site}. Confirm that the address is yours, and choose the password.`,
    ],
    button: 'Confirm the address',
    footnotes: [
      `The link works once, within ${facts.hours} hours. Passwords and sessions from before end when it is used.`,
      notYou,
    ],
  }),
  passwordReset: (facts) => ({
    subject: `A new password for ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `somebody, hopefully you, wants to set a new password for your account at ${facts.site}.`,
    ],
    button: 'Set a new password',
    footnotes: [`The link works once, within ${facts.minutes} minutes. All sessions end when it is used.`, notYou],
  }),
  emailChange: (facts) => ({
    subject: `Confirm your new address for ${facts.site}`,
    paragraphs: [greeting(facts), `this shall become the address of your account at ${facts.site}.`],
    button: 'Confirm the new address',
    footnotes: [`The link works once, within ${facts.hours} hours.`, notYou],
  }),
  emailChangeTaken: (facts) => ({
    subject: `This address has an account at ${facts.site}`,
    paragraphs: [
      'Hello,',
      `somebody wanted to use this address for another account at ${facts.site}. It stays with yours, and nothing has changed.`,
    ],
  }),
  invitation: (facts) => ({
    subject: `You are invited to ${facts.site}`,
    paragraphs: ['Hello,', `you are invited to ${facts.site}.`],
    button: 'Accept the invitation',
    footnotes: [`The link works once, within ${facts.days} days.`, 'If you do not know why you get this, ignore it.'],
  }),
  emailChangeNotice: (facts) => ({
    subject: `Your address at ${facts.site} is to be changed`,
    paragraphs: [
      greeting(facts),
      `somebody who knows your password has asked to change the address of your account at ${facts.site} (${when(facts)}).`,
      act,
    ],
  }),
  emailChanged: (facts) => ({
    subject: `Your address at ${facts.site} has changed`,
    paragraphs: [
      greeting(facts),
      `the address of your account at ${facts.site} has changed (${when(facts)}). Mails no longer come here.`,
      'If this was not you, tell those who run the site at once.',
    ],
  }),
  passwordChanged: (facts) => ({
    subject: `Your password at ${facts.site} has changed`,
    paragraphs: [greeting(facts), `the password of your account at ${facts.site} has changed (${when(facts)}).`, act],
  }),
  newDevice: (facts) => ({
    subject: `A new device at ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `your account at ${facts.site} was used from a device or network that we had not seen before.`,
      `When: ${when(facts)}`,
      `From: ${facts.address ?? 'unknown'}`,
      `With: ${facts.device || 'unknown'}`,
      act,
    ],
  }),
  administratorAdded: (facts) => ({
    subject: `A new administrator: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `the account ${facts.account} is an administrator of this installation now (${when(facts)}).`,
      'Administrators can do everything at every site. If this is not right, tell those who run the installation at once.',
    ],
  }),
  administratorRemoved: (facts) => ({
    subject: `No longer an administrator: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `the account ${facts.account} is no longer an administrator of this installation (${when(facts)}).`,
      'If this is not right, tell those who run the installation.',
    ],
  }),
} satisfies MailTexts);
