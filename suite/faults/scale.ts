import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { loginRequest } from './probes.ts';

const REPLICAS = 3;
/** A gateway finds new replicas by itself, within a second or two. */
const WITHIN_MS = 30_000;

/** Three cms, two gateways: a session of one gateway opens the other, and each cms gets its part. Throws what is not so. */
export async function checkScale(cluster: Cluster): Promise<void> {
  await cluster.scale({ cms: REPLICAS, gateway: 2 });
  const signedIn = await fetch(`${cluster.door.next()}/session`, loginRequest(cluster));
  const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  if (!signedIn.ok) throw new Error(`signing in answered ${signedIn.status}`);
  for (const deadline = Date.now() + WITHIN_MS; ; await sleep(500)) {
    // An even number: as many through each gateway.
    for (let index = 0; index < 4 * REPLICAS; index += 1) {
      const answer = await fetch(`${cluster.door.next()}/cms/whoami`, { headers: { cookie } });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`a session of one gateway is answered ${answer.status} by another`);
    }
    const shares = await cluster.requestsOf('cms', '/cms/whoami');
    if (shares.length === REPLICAS && shares.every((share) => share > 0)) break;
    if (Date.now() > deadline) throw new Error(`of the replicas of cms, each got: ${shares.join(', ')}`);
  }
  await cluster.scale({ cms: 1, gateway: 1 });
}
