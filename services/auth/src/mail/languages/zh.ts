import type { MailFacts, MailTexts } from './mail-texts.ts';

const greeting = ({ name }: MailFacts) => (name === '' ? '您好：' : `${name}，您好：`);
const once = ({ validity }: MailFacts) => `该链接只能使用一次，有效期为 ${validity}。`;
const notYou = '如果这不是您本人的操作，请忽略此邮件：不使用链接就不会发生任何变化。';
const act = '如果这不是您本人的操作，请立即在登录页面通过“忘记密码？”设置新密码，并告知网站管理人员。';

export const zh: MailTexts = {
  registration: (facts) => ({
    subject: `请确认您在 ${facts.site} 的邮箱`,
    paragraphs: [greeting(facts), `有人使用此邮箱在 ${facts.site} 注册。如果是您本人，请确认邮箱并设置密码。`],
    button: '确认邮箱',
    footnotes: [once(facts), notYou],
  }),
  registrationOfKnown: (facts) => ({
    subject: `使用您的账号加入 ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `有人使用此邮箱在 ${facts.site} 注册。该邮箱在这里已有账号。`,
      `您也可以在 ${facts.site} 使用该账号，密码保持不变。`,
    ],
    button: `加入 ${facts.site}`,
    footnotes: [once(facts), notYou],
  }),
  registrationOfMember: (facts) => ({
    subject: `您在 ${facts.site} 已有账号`,
    paragraphs: [
      greeting(facts),
      `有人使用此邮箱在 ${facts.site} 注册，但该邮箱在那里已有账号。`,
      '如果是您本人，直接登录即可。如果忘记了密码，请在登录页面选择“忘记密码？”。',
    ],
    footnotes: ['如果这不是您本人的操作，请忽略此邮件：一切都没有变化。'],
  }),
  verification: (facts) => ({
    subject: `请确认您在 ${facts.site} 的邮箱`,
    paragraphs: [greeting(facts), `此邮箱在 ${facts.site} 有一个账号。请确认该邮箱属于您，并设置密码。`],
    button: '确认邮箱',
    footnotes: [once(facts), '使用链接后，以前的密码和登录会话都将失效。', notYou],
  }),
  passwordReset: (facts) => ({
    subject: `为 ${facts.site} 设置新密码`,
    paragraphs: [greeting(facts), `有人请求为您在 ${facts.site} 的账号设置新密码。如果是您本人，请现在设置。`],
    button: '设置新密码',
    footnotes: [once(facts), '新密码保存后，您将在所有地方退出登录。', notYou],
  }),
  emailChange: (facts) => ({
    subject: `请确认您在 ${facts.site} 的新邮箱`,
    paragraphs: [greeting(facts), `此邮箱将成为您在 ${facts.site} 的账号的邮箱。`],
    button: '确认新邮箱',
    footnotes: [once(facts), notYou],
  }),
  emailChangeTaken: (facts) => ({
    subject: `此邮箱在 ${facts.site} 已有账号`,
    paragraphs: [greeting(facts), `有人想把此邮箱用于 ${facts.site} 的另一个账号。它仍属于您的账号，一切都没有变化。`],
  }),
  invitation: (facts) => ({
    subject: `邀请您加入 ${facts.site}`,
    paragraphs: [greeting(facts), `诚邀您成为 ${facts.site} 的成员。`],
    button: '接受邀请',
    footnotes: [once(facts), '如果您不清楚这是怎么回事，请忽略此邮件。'],
  }),
  emailChangeNotice: (facts) => ({
    subject: `您在 ${facts.site} 的邮箱即将更改`,
    paragraphs: [greeting(facts), `有人用您的密码请求更改您在 ${facts.site} 的账号的邮箱（${facts.time}）。`, act],
  }),
  emailChanged: (facts) => ({
    subject: `您在 ${facts.site} 的邮箱已更改`,
    paragraphs: [
      greeting(facts),
      `您在 ${facts.site} 的账号现在使用另一个邮箱（${facts.time}）。相关邮件不再发送到这里。`,
      '如果这不是您本人的操作，请立即告知网站管理人员。',
    ],
  }),
  passwordChanged: (facts) => ({
    subject: `您在 ${facts.site} 的密码已更改`,
    paragraphs: [greeting(facts), `您在 ${facts.site} 的账号已设置新密码（${facts.time}）。`, act],
  }),
  newDevice: (facts) => ({
    subject: `新设备登录了 ${facts.site}`,
    paragraphs: [
      greeting(facts),
      `您在 ${facts.site} 的账号在一个从未见过的设备或网络上登录。`,
      `时间：${facts.time}`,
      `IP 地址：${facts.address}`,
      `设备：${facts.device}`,
      act,
    ],
  }),
  administratorAdded: (facts) => ({
    subject: `新的管理员：${facts.account}`,
    paragraphs: [
      greeting(facts),
      `账号 ${facts.account} 现在是本系统的管理员（${facts.time}）。`,
      '管理员可以在所有站点进行任何操作。如果情况不对，请立即告知系统管理人员。',
    ],
  }),
  administratorRemoved: (facts) => ({
    subject: `不再是管理员：${facts.account}`,
    paragraphs: [
      greeting(facts),
      `账号 ${facts.account} 不再是本系统的管理员（${facts.time}）。`,
      '如果情况不对，请告知系统管理人员。',
    ],
  }),
};
