import { invalidBody } from '../validation.ts';

/** An origin (RFC 6454) and nothing more; over TLS wherever the installation is. Throws validation_failed. */
export function readOrigin(text: string, publicUrl: string): string {
  const isPlain = new URL(publicUrl).protocol === 'http:';
  const url = originUrl(text);
  if (url === undefined || (url.protocol === 'http:' && !isPlain)) {
    throw invalidBody('origin', `must be ${isPlain ? 'http:// or ' : ''}https:// with a host and perhaps a port`);
  }
  return url.origin;
}

/**
 * The origins of front ends, each once and sorted: scheme, host and port exactly as browsers send them, for they are
 * compared as text. No pattern, no `null`: any sandboxed frame has that origin. Without TLS only on the developer's
 * own machine, or where the installation has none either: an attacker on the network could put a script into such a page.
 * Throws validation_failed.
 */
export function readAllowedOrigins(texts: readonly string[], publicUrl: string): string[] {
  const isPlain = new URL(publicUrl).protocol === 'http:';
  const origins = texts.map((text, index) => {
    const url = originUrl(text);
    if (url === undefined || (url.protocol === 'http:' && !isPlain && !isLoopback(url.hostname))) {
      throw invalidBody(`origins/${index}`, 'must be https:// (or http://localhost) with a host and perhaps a port');
    }
    return url.origin;
  });
  return [...new Set(origins)].sort();
}

/** A URL that is its own origin: lower case, no path, no user, no query, no port that the scheme has anyway, no wildcard. */
function originUrl(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isWeb = url.protocol === 'http:' || url.protocol === 'https:';
  return isWeb && url.origin === text && !text.includes('*') ? url : undefined;
}

/** Secure Contexts §3.1. */
function isLoopback(hostname: string): boolean {
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(?:\.\d{1,3}){3}$/.test(hostname)
  );
}
