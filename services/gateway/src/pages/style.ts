import { createHash } from 'node:crypto';

/** Colours have a contrast of at least 4.5 : 1 to what they stand on (WCAG 2.2 §1.4.3), in light and dark. */
export const style = `:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--text:#1c2128;--soft:#57606a;--line:#8b949e;--edge:#d8dee4;
--accent:#0b5cad;--on-accent:#fff;--bad:#b42318;--bad-ground:#fef3f2;--good:#116329;--good-ground:#eefbf1}
@media (prefers-color-scheme:dark){:root{--ground:#0f1318;--card:#181d24;--text:#e8ebef;--soft:#a3adb8;--line:#6b7683;--edge:#2b323b;
--accent:#7db8f5;--on-accent:#0b1622;--bad:#ff9d94;--bad-ground:#331a18;--good:#7ee2a0;--good-ground:#12291b}}
*{box-sizing:border-box}
html{font:100%/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif;background:var(--ground);color:var(--text)}
body{margin:0;min-height:100vh;min-height:100dvh;display:flex;flex-direction:column;align-items:center;padding:1.25rem 1rem}
a{color:var(--accent);text-underline-offset:.2em}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px;border-radius:.3rem}
header{width:100%;max-width:26rem;margin:auto 0 1rem;font-weight:650;font-size:1.05rem;color:var(--soft);overflow-wrap:anywhere}
.wide header,.wide main,.wide footer{max-width:40rem}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--edge);border-radius:.9rem;padding:1.75rem;box-shadow:0 1px 3px #0000000f,0 8px 24px #0000000a}
h1{font-size:1.5rem;line-height:1.25;margin:0 0 1.25rem;overflow-wrap:anywhere}
h2{font-size:1.1rem;margin:2rem 0 .6rem}
p{margin:0 0 1rem}.soft{color:var(--soft)}.small{font-size:.875rem}
form{margin:0}.field{margin:0 0 1.1rem}
label{display:block;font-weight:600;margin:0 0 .3rem}label .soft{font-weight:400}
input[type=text],input[type=email],input[type=password]{width:100%;font:inherit;color:inherit;background:var(--card);border:1px solid var(--line);border-radius:.5rem;padding:.6rem .75rem;min-height:2.75rem}
input[readonly]{background:var(--ground);color:var(--soft)}
input[aria-invalid=true]{border-color:var(--bad);box-shadow:0 0 0 1px var(--bad)}
.hint,.error{font-size:.875rem;margin:.35rem 0 0}.hint{color:var(--soft)}.error{color:var(--bad);font-weight:600}
.check{display:flex;gap:.6rem;align-items:center;margin:0 0 1.1rem}.check label{margin:0;font-weight:400}
input[type=checkbox]{width:1.2rem;height:1.2rem;margin:0;accent-color:var(--accent)}
button{font:inherit;font-weight:650;border:1px solid var(--accent);border-radius:.5rem;padding:.6rem 1.1rem;min-height:2.75rem;background:var(--accent);color:var(--on-accent);cursor:pointer}
button:hover{filter:brightness(1.08)}
.full{width:100%}button.quiet{background:transparent;color:var(--accent)}button.danger{background:transparent;color:var(--bad);border-color:var(--bad)}
.note{border-radius:.5rem;padding:.75rem 1rem;margin:0 0 1.25rem}.note.bad{background:var(--bad-ground);color:var(--bad)}.note p{margin:0}.note ul{margin:.35rem 0 0;padding-left:1.2rem}.note a{color:inherit}.note.good{background:var(--good-ground);color:var(--good)}
.links{margin:1.25rem 0 0;display:flex;flex-direction:column;gap:.5rem}.links p{margin:0}
ul.rows{list-style:none;margin:0;padding:0;border-top:1px solid var(--edge)}
ul.rows li{display:flex;flex-wrap:wrap;gap:.5rem 1rem;align-items:center;justify-content:space-between;padding:.75rem 0;border-bottom:1px solid var(--edge)}
ul.rows li>div{min-width:0;flex:1 1 12rem;overflow-wrap:anywhere}
.actions{display:grid;gap:1rem;margin-top:2rem}.actions p{margin:.3rem 0 0}
footer{width:100%;max-width:26rem;margin:1.25rem 0 auto;font-size:.875rem;color:var(--soft)}
footer ul{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1.1rem;margin:0;padding:0}
footer a,footer span{display:inline-block;padding:.25rem 0}
@media (max-width:30rem){body{padding:1rem .75rem}main{padding:1.35rem 1.1rem}header{margin-top:0}}`;

/** For `style-src`: this style and no other. */
export const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;
