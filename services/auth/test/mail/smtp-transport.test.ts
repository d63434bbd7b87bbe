import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createSmtpTransport } from '../../src/mail/smtp-transport.ts';
import { startAuth } from '../support/auth-under-test.ts';

interface Smtp {
  readonly url: string;
  readonly received: string[];
  readonly server: Server;
}

const servers: Smtp[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const { server } of servers.splice(0)) server.close();
});

/** As much of RFC 5321 as a client needs; `answer` says what it answers to a command. */
async function smtp(answer: (command: string) => string | undefined = () => undefined): Promise<Smtp> {
  const received: string[] = [];
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    let data: string[] | undefined;
    socket.write(answer('CONNECT') ?? '220 mail.test ESMTP\r\n');
    let rest = '';
    socket.on('data', (chunk) => {
      const lines = (rest + chunk.toString('utf8')).split('\r\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        if (data !== undefined) {
          if (line !== '.') data.push(line);
          else {
            received.push(data.join('\n'));
            data = undefined;
            socket.write('250 taken\r\n');
          }
          continue;
        }
        const verb = line.split(' ', 1)[0]?.toUpperCase() ?? '';
        const said = answer(line);
        if (said !== undefined) socket.write(said);
        else if (verb === 'DATA') {
          data = [];
          socket.write('354 go on\r\n');
        } else socket.write('250 mail.test\r\n');
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const made = { url: `smtp://127.0.0.1:${port}`, received, server };
  servers.push(made);
  return made;
}

const mail = {
  id: '0198f8a0-0000-7000-8000-000000000000',
  language: 'de',
  from: { name: 'Anna, "A"', address: 'no-reply@gaia.test' },
  to: 'b@gaia.test',
  subject: 'Grüße',
  text: 'Hello\n',
  html: '<p>Hello</p>',
} as const;

describe('SMTP', () => {
  it('gets a whole mail, with the same id at every attempt', async () => {
    const server = await smtp();
    const transport = createSmtpTransport(server.url);
    await transport.send(mail);
    await transport.send(mail);
    transport.close();
    expect(server.received).toHaveLength(2);
    for (const source of server.received) {
      expect(source).toContain(`Message-ID: <${mail.id}@gaia.test>`);
      expect(source).toMatch(/^From: "Anna, \\"A\\"" <no-reply@gaia\.test>$/m);
      expect(source).toMatch(/^To: b@gaia\.test$/m);
      expect(source).toMatch(/^Auto-Submitted: auto-generated$/im);
      expect(source).toMatch(/^Content-Language: de$/im);
      expect(source).toMatch(/^Subject: =\?UTF-8\?Q\?Gr=C3=BC=C3=9Fe\?=$/im);
      expect(source).toContain('Content-Type: text/plain');
      expect(source).toContain('Content-Type: text/html');
    }
  });

  it.each<[string, string, boolean]>([
    ['550 no such user\r\n', 'EENVELOPE 550', true],
    ['451 later\r\n', 'EENVELOPE 451', false],
  ])('that answers %j is told apart', async (said, message, permanent) => {
    const server = await smtp((command) => (command.startsWith('RCPT') ? said : undefined));
    const transport = createSmtpTransport(server.url);
    await expect(transport.send(mail)).rejects.toMatchObject({ code: 'mail_not_sent', message, permanent });
    transport.close();
  });

  it('that is not there is no reason to give up', async () => {
    const server = await smtp();
    server.server.close();
    const transport = createSmtpTransport(server.url);
    await expect(transport.send(mail)).rejects.toMatchObject({ code: 'mail_not_sent', permanent: false });
    transport.close();
  });
});

describe('a service whose mail server', () => {
  it.each<[string, () => Promise<string>]>([
    ['never says a word', async () => (await smtp(() => '')).url],
    ['is away', async () => 'smtp://127.0.0.1:9'],
  ])('%s answers as ever', async (_what, url) => {
    await using auth = await startAuth({ env: { SMTP_URL: await url() } });
    const answer = await auth.post('/auth/forgot', { email: 'root@gaia.test' });
    expect([answer.statusCode, answer.body]).toEqual([202, '{}']);
    expect((await auth.login()).access_token).toBeTruthy();
    expect(auth.logged()).not.toContain('127.0.0.1:9');
  });
});
