import { skeletonOf } from './look-alikes.ts';

/** Names that look like those of an operator, in the languages of the pages, and mailboxes of RFC 2142. */
const reserved: ReadonlySet<string> = new Set(
  `abuse admin administrateur administrator administratoren administrators admins anonymous auth bot everybody everyone
  gaia guest help helpdesk hostmaster info moderator moderateur mod mods noreply nobody noc null official operator owner
  postmaster root security sicherheit securite service staff superadmin superuser support sysadmin sysop system team
  undefined verwaltung webmaster www
  管理员 管理員 系统 系統 客服 官方 版主`.split(/\s+/),
);

const lettersOfDigits: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's', 7: 't' };

/** Whether a name is one of these, however it is spelled: `Adm1n`, `s.u.p.p.o.r.t`, `ro0t`. */
export function isReservedUsername(name: string): boolean {
  const letters = skeletonOf(name)
    .normalize('NFD')
    .replace(/[\p{M}._-]/gu, '');
  return reserved.has(letters) || reserved.has(letters.replace(/\d/g, (digit) => lettersOfDigits[digit] ?? digit));
}
