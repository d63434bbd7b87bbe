import { TokenRefusal } from '@gaia/jwt/refusal';

/** The reason for which something is refused, or `read`. */
export function reasonOf(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    if (error instanceof TokenRefusal) return error.reason;
    throw error;
  }
}
