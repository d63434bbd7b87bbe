import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { loginRequest } from './probes.ts';

const REPLICAS = 3;
/** The gateway re-resolves names every second or two. */
const WITHIN_MS = 30_000;

/** Three cms, two gateways: both gateways accept a session, and each cms gets requests. Throws otherwise. */
export async function checkScale(cluster: Cluster): Promise<void> {
  await cluster.scale({ cms: REPLICAS, gateway: 2 });
  const signedIn = await fetch(`${cluster.gateways.next()}/session`, loginRequest(cluster));
  const cookie = signedIn.headers.get('set-cookie')?.split(';', 1)[0] ?? '';
  if (!signedIn.ok) throw new Error(`the status of the sign-in is ${signedIn.status}`);
  for (const deadline = Date.now() + WITHIN_MS; ; await sleep(500)) {
    // An even number: the same for both gateways.
    for (let index = 0; index < 4 * REPLICAS; index += 1) {
      const response = await fetch(`${cluster.gateways.next()}/cms/whoami`, { headers: { cookie } });
      await response.arrayBuffer();
      if (response.status !== 200) throw new Error(`another gateway responds ${response.status} to the session`);
    }
    const shares = await cluster.requestsOf('cms', '/cms/whoami');
    if (shares.length === REPLICAS && shares.every((share) => share > 0)) break;
    if (Date.now() > deadline) throw new Error(`requests of each replica of cms: ${shares.join(', ')}`);
  }
  await cluster.scale({ cms: 1, gateway: 1 });
}
