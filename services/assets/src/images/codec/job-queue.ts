/** There is no room for another job: to be tried again later. */
export class QueueFull extends Error {
  constructor() {
    super('the queue of image jobs is full');
    this.name = 'QueueFull';
  }
}

export interface JobQueueOptions {
  /** Jobs that run at once. */
  readonly slots: number;
  /** What all that run at once may weigh together, in pixels. One alone may weigh more. */
  readonly maxWeight: number;
  readonly maxWaiting: number;
  readonly maxWaitMs: number;
}

export type Priority = 'foreground' | 'background';

export interface JobQueue {
  /** Runs a job when there is room for it, in the order of arrival. Throws QueueFull, and what the job throws. */
  run<T>(weight: number, priority: Priority, job: () => Promise<T>): Promise<T>;
  readonly waiting: () => number;
  /** Refuses those that wait. */
  close(): void;
}

interface Waiting {
  readonly weight: number;
  start(): void;
  refuse(): void;
}

/**
 * A semaphore over slots and weight, with a bounded queue for what a caller waits for and another for what may take its time:
 * that starts only while nothing else waits, and leaves a slot free.
 */
export function createJobQueue({ slots, maxWeight, maxWaiting, maxWaitMs }: JobQueueOptions): JobQueue {
  const queues: Readonly<Record<Priority, Waiting[]>> = { foreground: [], background: [] };
  const backgroundSlots = Math.max(1, slots - 1);
  let running = 0;
  let runningInBackground = 0;
  let runningWeight = 0;

  function fits({ weight }: Waiting): boolean {
    return running < slots && (running === 0 || runningWeight + weight <= maxWeight);
  }

  function startNext(): void {
    const { foreground, background } = queues;
    for (let [next] = foreground; next !== undefined && fits(next); [next] = foreground) {
      foreground.shift();
      next.start();
    }
    const [next] = background;
    if (foreground.length > 0 || next === undefined) return;
    if (runningInBackground < backgroundSlots && running < backgroundSlots && fits(next)) {
      background.shift();
      next.start();
    }
  }

  return {
    async run(weight, priority, job) {
      const queue = queues[priority];
      if (queue.length >= maxWaiting) throw new QueueFull();
      await new Promise<void>((resolve, reject) => {
        const waiting: Waiting = {
          weight,
          start: () => {
            clearTimeout(timer);
            running += 1;
            runningWeight += weight;
            if (priority === 'background') runningInBackground += 1;
            resolve();
          },
          refuse: () => {
            clearTimeout(timer);
            reject(new QueueFull());
          },
        };
        const timer = setTimeout(() => {
          queue.splice(queue.indexOf(waiting), 1);
          waiting.refuse();
          startNext();
        }, maxWaitMs);
        timer.unref();
        queue.push(waiting);
        startNext();
      });
      try {
        return await job();
      } finally {
        running -= 1;
        runningWeight -= weight;
        if (priority === 'background') runningInBackground -= 1;
        startNext();
      }
    },
    waiting: () => queues.foreground.length + queues.background.length,
    close: () => {
      for (const queue of Object.values(queues)) for (const waiting of queue.splice(0)) waiting.refuse();
    },
  };
}
