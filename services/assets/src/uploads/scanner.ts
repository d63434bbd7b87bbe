/** Looks for malware in bytes as they go by. */
export interface Scanner {
  /**
   * Gives the chunks of a source on, and does not end before they are found clean.
   * Throws file_infected, scanner_unavailable, file_too_large_to_scan.
   */
  scanned(source: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
}

export const noScanner: Scanner = Object.freeze({ scanned: (source: AsyncIterable<Buffer>) => source });
