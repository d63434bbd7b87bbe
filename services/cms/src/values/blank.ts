/** A character that is seen: no space, nothing that is drawn without ink (soft hyphen, joiners, fillers), no Braille blank. */
export const VISIBLE = '[^\\s\\p{Cc}\\p{Cf}\\p{Default_Ignorable_Code_Point}\\u2800]';

const visible = new RegExp(VISIBLE, 'u');

export function isBlank(text: string): boolean {
  return !visible.test(text);
}
