const syntax = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export type RandomBytes = (size: number) => Uint8Array;

export function isUuid(text: string): boolean {
  return syntax.test(text);
}
