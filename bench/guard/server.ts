import { type ContestantName, contestants, type Trust } from './contestants.ts';

/** One contestant in a process of its own: told what to trust, says its port, and how much processor time it has used. */
process.on('message', async (message: { start: ContestantName; trust: Trust } | 'cpu') => {
  if (message === 'cpu') {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuSeconds: (user + system) / 1e6 });
    return;
  }
  process.send?.({ port: await contestants[message.start](message.trust) });
});
