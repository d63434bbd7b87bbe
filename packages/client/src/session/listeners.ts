/** Who wants to be told of something. */
export interface Listeners<T> {
  add(listener: (event: T) => void): () => void;
  tell(event: T): void;
}

export function createListeners<T>(): Listeners<T> {
  const listeners = new Set<(event: T) => void>();
  return {
    add(listener) {
      // An object of its own, so that a listener that is added twice is told twice and removed once.
      const entry = (event: T) => listener(event);
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
      };
    },
    tell(event) {
      for (const listener of [...listeners]) {
        try {
          listener(event);
        } catch (error) {
          // A listener's fault is its page's, and no reason to lose a session.
          queueMicrotask(() => {
            throw error;
          });
        }
      }
    },
  };
}
