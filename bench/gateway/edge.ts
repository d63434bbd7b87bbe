import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Contestant, openGateway, openUpstream } from './contestants.ts';
import { drive } from './load.ts';

/** What the edge has to stand: slow clients, bodies of a gigabyte, and its own end in the middle of work. */
const GIGABYTE = Number(process.env.BYTES ?? 1_024 ** 3);
const SLOW = 500;

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const residentMiB = ({ process: { pid } }: Contestant): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1_024);

const upstream = await openUpstream();
const gateway = await openGateway({ service: upstream.port, upstream: upstream.port });
try {
  await slowClients();
  await largeBodies();
  await endUnderLoad();
} finally {
  gateway.process.kill('SIGTERM');
  upstream.process.kill('SIGTERM');
}

async function slowClients(): Promise<void> {
  const load = { port: gateway.port, path: '/cms/x', headers: ['Authorization: Bearer x'], connections: 8, seconds: 3 };
  await drive({ ...load, seconds: 1 });
  const before = await drive(load);
  const slow: Socket[] = [];
  for (let count = 0; count < SLOW; count += 1) {
    const socket = connect(gateway.port, '127.0.0.1').on('error', () => {});
    socket.write(
      count % 2
        ? 'GET /cms/x HTTP/1.1\r\nHost: localhost\r\nX-'
        : 'POST /cms/x HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n',
    );
    slow.push(socket);
  }
  const drip = setInterval(() => {
    for (const socket of slow) if (socket.writable) socket.write('a');
  }, 500);
  const during = await drive(load);
  clearInterval(drip);
  for (const socket of slow) socket.destroy();
  say(
    `${SLOW} slow connections: p99 ${before.p99.toFixed(1)} ms before, ${during.p99.toFixed(1)} ms with them (×${(during.p99 / before.p99).toFixed(2)})`,
  );
}

async function largeBodies(): Promise<void> {
  const before = residentMiB(gateway);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, residentMiB(gateway));
  }, 50);
  const down = await new Promise<number>((resolve, reject) => {
    request({ port: gateway.port, path: `/assets/down?bytes=${GIGABYTE}`, agent: false }, (answer) => {
      let size = 0;
      answer.on('data', (chunk: Buffer) => {
        size += chunk.length;
      });
      answer.on('end', () => resolve(size)).on('error', reject);
    })
      .on('error', reject)
      .end();
  });
  const afterDown = most;
  const chunk = Buffer.alloc(64 * 1_024, 'x');
  const up = await new Promise<string>((resolve, reject) => {
    const upload = request({ port: gateway.port, path: '/assets/up', method: 'POST', agent: false }, (answer) => {
      answer.setEncoding('utf8').on('data', resolve).on('error', reject);
    }).on('error', reject);
    void (async () => {
      for (let sent = 0; sent < GIGABYTE; sent += chunk.length) {
        if (!upload.write(chunk)) await new Promise((done) => upload.once('drain', done));
      }
      upload.end();
    })();
  });
  clearInterval(watch);
  say(
    `down ${down === GIGABYTE ? 'whole' : down}, up ${up}: resident ${before} MiB before, at most ${afterDown} down, ${most} up`,
  );
}

/** Clients that keep their connections, and open a new one where they are told to; every request must get its answer. */
async function endUnderLoad(): Promise<void> {
  let answered = 0;
  let dropped = 0;
  let ended = false;
  const client = async (): Promise<void> => {
    let socket: Socket | undefined;
    while (!ended) {
      socket ??= await open();
      if (socket === undefined) return;
      const outcome = await ask(socket);
      if (outcome === 'dropped') dropped += 1;
      else answered += 1;
      if (outcome !== 'kept') socket = undefined;
    }
    socket?.destroy();
  };
  const clients = Array.from({ length: 64 }, client);
  await sleep(1_000);
  const exit = new Promise<number | null>((resolve) => gateway.process.once('exit', resolve));
  gateway.process.kill('SIGTERM');
  const code = await exit;
  ended = true;
  await Promise.all(clients);
  say(`SIGTERM under load: ${answered} answered, ${dropped} dropped, exit code ${code}`);
}

/** Undefined after the last listener. */
function open(): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => resolve(undefined));
  });
}

function ask(socket: Socket): Promise<'kept' | 'closed' | 'dropped'> {
  return new Promise((resolve) => {
    let text = '';
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.endsWith('{"hello":"world"}')) return;
      finish(/\r\nconnection: close\r\n/i.test(text) ? 'closed' : 'kept');
    };
    const onClose = (): void => finish('dropped');
    const finish = (outcome: 'kept' | 'closed' | 'dropped'): void => {
      socket.off('data', onData).off('close', onClose);
      if (outcome !== 'kept') socket.destroy();
      resolve(outcome);
    };
    socket.on('data', onData).on('close', onClose);
    socket.write('GET /cms/slow HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer x\r\n\r\n');
  });
}
