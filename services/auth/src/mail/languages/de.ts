import type { MailFacts, MailTexts } from './mail-texts.ts';

const greeting = ({ name }: MailFacts) => (name === '' ? 'Guten Tag,' : `Guten Tag ${name},`);
const once = ({ validity }: MailFacts) => `Der Link funktioniert einmal und ist ${validity} lang gültig.`;
const notYou = 'Waren Sie das nicht, ignorieren Sie diese E-Mail: Ohne den Link geschieht nichts.';
const act =
  'Waren Sie das nicht, wählen Sie sofort über „Passwort vergessen?“ auf der Anmeldeseite ein neues Passwort und informieren Sie die Betreiber der Website.';

export const de: MailTexts = {
  registration: (facts) => ({
    subject: `Bestätigen Sie Ihre Adresse für ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `mit dieser Adresse wurde eine Registrierung bei ${facts.site} begonnen. Waren Sie das, bestätigen Sie die Adresse und wählen Sie Ihr Passwort.`,
    ],
    button: 'Adresse bestätigen',
    footnotes: [once(facts), notYou],
  }),
  registrationOfKnown: (facts) => ({
    subject: `${facts.site} mit Ihrem Konto beitreten`,
    paragraphs: [
      greeting(facts),
      `mit dieser Adresse wurde eine Registrierung bei ${facts.site} begonnen. Zu ihr gibt es hier bereits ein Konto.`,
      `Sie können dieses Konto auch bei ${facts.site} verwenden. Das Passwort bleibt dasselbe.`,
    ],
    button: `${facts.site} beitreten`,
    footnotes: [once(facts), notYou],
  }),
  registrationOfMember: (facts) => ({
    subject: `Sie haben bereits ein Konto bei ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `mit dieser Adresse wurde eine Registrierung bei ${facts.site} begonnen, wo es zu ihr bereits ein Konto gibt.`,
      'Waren Sie das, melden Sie sich einfach an. Wissen Sie das Passwort nicht mehr, wählen Sie auf der Anmeldeseite „Passwort vergessen?“.',
    ],
    footnotes: ['Waren Sie das nicht, ignorieren Sie diese E-Mail: Es hat sich nichts geändert.'],
  }),
  verification: (facts) => ({
    subject: `Bestätigen Sie Ihre Adresse für ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `zu dieser Adresse gibt es ein Konto bei ${facts.site}. Bestätigen Sie, dass die Adresse Ihnen gehört, und wählen Sie Ihr Passwort.`,
    ],
    button: 'Adresse bestätigen',
    footnotes: [once(facts), 'Wird er verwendet, enden frühere Passwörter und Sitzungen.', notYou],
  }),
  passwordReset: (facts) => ({
    subject: `Neues Passwort für ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `für Ihr Konto bei ${facts.site} wurde ein neues Passwort angefordert. Waren Sie das, wählen Sie es jetzt.`,
    ],
    button: 'Neues Passwort wählen',
    footnotes: [once(facts), 'Sobald das Passwort gespeichert ist, werden Sie überall abgemeldet.', notYou],
  }),
  emailChange: (facts) => ({
    subject: `Bestätigen Sie Ihre neue Adresse für ${facts.site}`,
    paragraphs: [greeting(facts), `dies soll die Adresse Ihres Kontos bei ${facts.site} werden.`],
    button: 'Neue Adresse bestätigen',
    footnotes: [once(facts), notYou],
  }),
  emailChangeTaken: (facts) => ({
    subject: `Zu dieser Adresse gibt es ein Konto bei ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `diese Adresse sollte ein anderes Konto bei ${facts.site} erhalten. Sie bleibt bei Ihrem, und es hat sich nichts geändert.`,
    ],
  }),
  invitation: (facts) => ({
    subject: `Einladung zu ${facts.site}`,
    paragraphs: [greeting(facts), `Sie sind eingeladen, Mitglied von ${facts.site} zu werden.`],
    button: 'Einladung annehmen',
    footnotes: [once(facts), 'Wissen Sie nicht, worum es geht, ignorieren Sie diese E-Mail.'],
  }),
  emailChangeNotice: (facts) => ({
    subject: `Ihre Adresse bei ${facts.site} soll geändert werden`,
    paragraphs: [
      greeting(facts),
      `mit Ihrem Passwort wurde für Ihr Konto bei ${facts.site} eine andere Adresse beantragt (${facts.time}).`,
      act,
    ],
  }),
  emailChanged: (facts) => ({
    subject: `Ihre Adresse bei ${facts.site} wurde geändert`,
    paragraphs: [
      greeting(facts),
      `Ihr Konto bei ${facts.site} hat jetzt eine andere Adresse (${facts.time}). E-Mails dazu kommen nicht mehr hierher.`,
      'Waren Sie das nicht, informieren Sie sofort die Betreiber der Website.',
    ],
  }),
  passwordChanged: (facts) => ({
    subject: `Ihr Passwort bei ${facts.site} wurde geändert`,
    paragraphs: [greeting(facts), `Ihr Konto bei ${facts.site} hat ein neues Passwort (${facts.time}).`, act],
  }),
  newDevice: (facts) => ({
    subject: `Neues Gerät bei ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Ihr Konto bei ${facts.site} wurde von einem Gerät oder aus einem Netz verwendet, das bisher nicht bekannt war.`,
      `Zeit: ${facts.time}`,
      `IP-Adresse: ${facts.address}`,
      `Gerät: ${facts.device}`,
      act,
    ],
  }),
  administratorAdded: (facts) => ({
    subject: `Neues Administratorkonto: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `das Konto ${facts.account} hat jetzt Administratorrechte für diese Installation (${facts.time}).`,
      'Damit darf es auf jeder Website alles. Ist das nicht richtig, informieren Sie sofort die Betreiber der Installation.',
    ],
  }),
  administratorRemoved: (facts) => ({
    subject: `Kein Administratorkonto mehr: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `das Konto ${facts.account} hat keine Administratorrechte für diese Installation mehr (${facts.time}).`,
      'Ist das nicht richtig, informieren Sie die Betreiber der Installation.',
    ],
  }),
};
