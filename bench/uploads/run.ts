import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';

/**
 * A large file through the gateway, cut off again and again, and how much memory a process needs for it:
 *
 *     node uploads/run.ts URL TOKEN SITE [PID] [MEGABYTES] [CUTS]
 *
 * The suite must take files of that size (`ASSETS_MAX_BYTES`). PID is the process whose memory is looked at.
 */
const [, , url = '', token = '', site = '', pid = String(process.pid), megabytes = '2048', cuts = '10'] = process.argv;
const MB = 1024 * 1024;
const size = Number(megabytes) * MB;
const block = randomBytes(MB);
const tus = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' };

function* bytesFrom(offset: number): Generator<Buffer> {
  for (let at = offset; at < size; ) {
    const start = at % MB;
    const piece = block.subarray(start, Math.min(MB, start + size - at));
    yield piece;
    at += piece.length;
  }
}

interface Sent {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Sends from an offset; ends the connection after so many bytes, if that is said. */
function append(path: string, offset: number, cutAfter: number | undefined): Promise<Sent> {
  return new Promise((resolve, reject) => {
    const headers = { ...tus, 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) };
    const outgoing = request(`${url}${path}`, {
      method: 'PATCH',
      headers: { ...headers, 'content-length': size - offset },
    });
    outgoing.on('response', (response) => {
      response.resume();
      resolve({ status: response.statusCode, headers: response.headers });
    });
    outgoing.on('error', (error) =>
      cutAfter === undefined ? reject(error) : resolve({ status: undefined, headers: {} }),
    );
    void (async () => {
      let sent = 0;
      for (const piece of bytesFrom(offset)) {
        if (cutAfter !== undefined && sent >= cutAfter) return void outgoing.destroy();
        if (!outgoing.write(piece)) await new Promise((drained) => outgoing.once('drain', drained));
        sent += piece.length;
      }
      outgoing.end();
    })();
  });
}

async function offsetOf(path: string): Promise<number> {
  const response = await fetch(`${url}${path}`, { method: 'HEAD', headers: tus });
  if (!response.ok) throw new Error(`HEAD: ${response.status}`);
  return Number(response.headers.get('upload-offset'));
}

const memory = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
let highest = memory();
const before = highest;
const watch = setInterval(() => {
  highest = Math.max(highest, memory());
}, 100);

const hash = createHash('sha256');
for (const piece of bytesFrom(0)) hash.update(piece);
const sha256 = Buffer.from(hash.digest('hex')).toString('base64');
const begun = performance.now();
const created = await fetch(`${url}/assets/sites/${site}/uploads`, {
  method: 'POST',
  headers: { ...tus, 'upload-length': String(size), 'upload-metadata': `sha256 ${sha256}` },
});
const path = created.headers.get('location');
if (path === null) throw new Error(`POST: ${created.status} ${await created.text()}`);
let offset = 0;
for (let cut = 0; cut < Number(cuts); cut += 1) {
  await append(path, offset, Math.floor(size / (Number(cuts) + 1)));
  const next = await offsetOf(path);
  console.log(`cut at ${Math.round(next / MB)} MB, memory ${Math.round(memory())} MB`);
  if (next <= offset) throw new Error('nothing of it was kept');
  offset = next;
}
const { status, headers } = await append(path, offset, undefined);
clearInterval(watch);
const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
console.log(`${status} ${headers['content-location']}: ${megabytes} MB in ${seconds} s, ${cuts} cuts`);
console.log(`memory before ${Math.round(before)} MB, at most ${Math.round(highest)} MB`);
process.exitCode = status === 204 ? 0 : 1;
