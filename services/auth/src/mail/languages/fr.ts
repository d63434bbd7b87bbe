import type { MailFacts, MailTexts } from './mail-texts.ts';

const greeting = ({ name }: MailFacts) => (name === '' ? 'Bonjour,' : `Bonjour ${name},`);
const once = ({ validity }: MailFacts) => `Le lien ne sert qu’une fois et reste valable ${validity}.`;
const notYou = 'Si ce n’était pas vous, ignorez ce message\u00a0: sans le lien, rien ne se passe.';
const forgotten = '«\u00a0Mot de passe oublié\u00a0?\u00a0»';
const act = `Si ce n’était pas vous, choisissez immédiatement un nouveau mot de passe avec ${forgotten} sur la page de connexion, et prévenez les responsables du site.`;

export const fr: MailTexts = {
  registration: (facts) => ({
    subject: `Confirmez votre adresse pour ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Cette adresse a été utilisée pour une inscription à ${facts.site}. Si c’était vous, confirmez-la et choisissez votre mot de passe.`,
    ],
    button: 'Confirmer l’adresse',
    footnotes: [once(facts), notYou],
  }),
  registrationOfKnown: (facts) => ({
    subject: `Rejoignez ${facts.site} avec votre compte`,
    paragraphs: [
      greeting(facts),
      `Cette adresse a été utilisée pour une inscription à ${facts.site}. Elle a déjà un compte ici.`,
      `Vous pouvez utiliser ce compte sur ${facts.site} aussi. Son mot de passe ne change pas.`,
    ],
    button: `Rejoindre ${facts.site}`,
    footnotes: [once(facts), notYou],
  }),
  registrationOfMember: (facts) => ({
    subject: `Vous avez déjà un compte sur ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Cette adresse a été utilisée pour une inscription à ${facts.site}, où elle a déjà un compte.`,
      `Si c’était vous, connectez-vous simplement. Si vous ne savez plus le mot de passe, choisissez ${forgotten} sur la page de connexion.`,
    ],
    footnotes: ['Si ce n’était pas vous, ignorez ce message\u00a0: rien n’a changé.'],
  }),
  verification: (facts) => ({
    subject: `Confirmez votre adresse pour ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Il existe un compte pour cette adresse sur ${facts.site}. Confirmez que l’adresse est à vous, et choisissez votre mot de passe.`,
    ],
    button: 'Confirmer l’adresse',
    footnotes: [once(facts), 'Son utilisation met fin aux mots de passe et aux sessions d’avant.', notYou],
  }),
  passwordReset: (facts) => ({
    subject: `Nouveau mot de passe pour ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Un nouveau mot de passe a été demandé pour votre compte sur ${facts.site}. Si c’était vous, choisissez-le maintenant.`,
    ],
    button: 'Choisir un nouveau mot de passe',
    footnotes: [once(facts), 'Une fois le mot de passe enregistré, toutes vos sessions prennent fin.', notYou],
  }),
  emailChange: (facts) => ({
    subject: `Confirmez votre nouvelle adresse pour ${facts.site}`,
    paragraphs: [greeting(facts), `Cette adresse doit devenir celle de votre compte sur ${facts.site}.`],
    button: 'Confirmer la nouvelle adresse',
    footnotes: [once(facts), notYou],
  }),
  emailChangeTaken: (facts) => ({
    subject: `Cette adresse a un compte sur ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Un autre compte sur ${facts.site} devait recevoir cette adresse. Elle reste au vôtre, et rien n’a changé.`,
    ],
  }),
  invitation: (facts) => ({
    subject: `Invitation à rejoindre ${facts.site}`,
    paragraphs: [greeting(facts), `Nous vous invitons à devenir membre de ${facts.site}.`],
    button: 'Accepter l’invitation',
    footnotes: [once(facts), 'Si vous ne savez pas de quoi il s’agit, ignorez ce message.'],
  }),
  emailChangeNotice: (facts) => ({
    subject: `Changement d’adresse demandé sur ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Une autre adresse a été demandée, avec votre mot de passe, pour votre compte sur ${facts.site} (${facts.time}).`,
      act,
    ],
  }),
  emailChanged: (facts) => ({
    subject: `Votre adresse sur ${facts.site} a été modifiée`,
    paragraphs: [
      greeting(facts),
      `Votre compte sur ${facts.site} a désormais une autre adresse (${facts.time}). Les messages à son sujet n’arrivent plus ici.`,
      'Si ce n’était pas vous, prévenez immédiatement les responsables du site.',
    ],
  }),
  passwordChanged: (facts) => ({
    subject: `Votre mot de passe sur ${facts.site} a été modifié`,
    paragraphs: [greeting(facts), `Votre compte sur ${facts.site} a un nouveau mot de passe (${facts.time}).`, act],
  }),
  newDevice: (facts) => ({
    subject: `Nouvel appareil sur ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `Votre compte sur ${facts.site} a été utilisé depuis un appareil ou un réseau encore inconnu.`,
      `Date\u00a0: ${facts.time}`,
      `Adresse IP\u00a0: ${facts.address}`,
      `Appareil\u00a0: ${facts.device}`,
      act,
    ],
  }),
  administratorAdded: (facts) => ({
    subject: `Nouveau compte administrateur\u00a0: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `Le compte ${facts.account} administre désormais cette installation (${facts.time}).`,
      'Il peut tout faire sur tous les sites. Si c’est une erreur, prévenez immédiatement les responsables de l’installation.',
    ],
  }),
  administratorRemoved: (facts) => ({
    subject: `Compte qui n’est plus administrateur\u00a0: ${facts.account}`,
    paragraphs: [
      greeting(facts),
      `Le compte ${facts.account} n’administre plus cette installation (${facts.time}).`,
      'Si c’est une erreur, prévenez les responsables de l’installation.',
    ],
  }),
};
