// The look of the reference page. One sheet, inline, known to the browser by its hash; light and dark
// by the reader's own setting; one column from 320 pixels on.

export const referenceStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #0e1116);
  --raised: light-dark(#f6f8fa, #151a21);
  --line: light-dark(#d8dee4, #2b323c);
  --ink: light-dark(#1a2230, #e4e9f0);
  --quiet: light-dark(#56606e, #9aa6b5);
  --accent: light-dark(#4a3fd1, #a59dff);
  --get: light-dark(#0b6b3a, #6fd69b);
  --post: light-dark(#3b3fbf, #aab0ff);
  --delete: light-dark(#a3232f, #ff9aa2);
  --code: light-dark(#f1f3f7, #0a0d11);
}
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
a { color: var(--accent); text-underline-offset: .2em; }
a:focus-visible, summary:focus-visible, pre:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px;
}
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--ground); padding: .5rem 1rem; z-index: 1; }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .875em; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .5rem; letter-spacing: -.02em; }
h2 { font-size: 1.4rem; margin: 3.5rem 0 1rem; letter-spacing: -.01em; }
h3 { font-size: 1.1rem; margin: 0; }
h4 { font-size: .8rem; margin: 1.5rem 0 .5rem; color: var(--quiet); text-transform: uppercase;
  letter-spacing: .06em; }
.page { max-width: 90rem; margin: 0 auto; }
nav { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line); max-height: 45vh;
  overflow-y: auto; }
nav summary { cursor: pointer; font-weight: 600; padding: .35rem 0; }
nav ul { list-style: none; margin: 0 0 .75rem; padding: 0; }
nav a { display: block; padding: .3rem .5rem; margin-left: -.5rem; border-radius: 6px;
  color: var(--ink); text-decoration: none; font-size: .92rem; }
nav a:hover { background: var(--raised); color: var(--accent); }
nav .group { color: var(--quiet); font-size: .78rem; font-weight: 600; margin: 1rem 0 .25rem;
  text-transform: uppercase; letter-spacing: .06em; }
main { padding: 1.5rem 1.25rem 5rem; min-width: 0; }
.lead { color: var(--quiet); max-width: 44rem; margin: 0 0 1rem; }
.card { border: 1px solid var(--line); border-radius: 12px; margin: 0 0 1.5rem; overflow: hidden; }
.card:target { border-color: var(--accent); }
.card > header { padding: 1rem 1.25rem; border-bottom: 1px solid var(--line);
  background: var(--raised); }
.card > header code { display: inline-block; margin-top: .25rem; }
.anchor { color: inherit; text-decoration: none; }
.anchor:hover { text-decoration: underline; }
.method { font-weight: 700; margin-right: .5rem; }
.GET { color: var(--get); } .POST { color: var(--post); } .DELETE { color: var(--delete); }
.sides { display: grid; }
.sides > div { padding: .25rem 1.25rem 1.25rem; min-width: 0; }
.samples { background: var(--raised); border-top: 1px solid var(--line); }
.fields { list-style: none; margin: 0; padding: 0; }
.fields > li { border-top: 1px solid var(--line); padding: .6rem 0; }
.fields > li:first-child { border-top: 0; }
.fields .fields { margin: .5rem 0 0; padding-left: .85rem; border-left: 2px solid var(--line); }
.fields p { margin: .2rem 0 0; color: var(--quiet); font-size: .92rem; }
.fields details summary { cursor: pointer; color: var(--accent); font-size: .88rem;
  margin-top: .25rem; }
.name { font-weight: 600; }
.type { color: var(--quiet); font-size: .85rem; }
.flag { font-size: .75rem; font-weight: 600; color: var(--delete); margin-left: .35rem; }
.old { color: var(--quiet); }
pre { margin: 0; padding: .9rem 1rem; background: var(--code); border: 1px solid var(--line);
  border-radius: 8px; overflow-x: auto; max-height: 26rem; line-height: 1.5; }
table { border-collapse: collapse; width: 100%; font-size: .92rem; }
th, td { text-align: left; vertical-align: top; padding: .6rem .75rem .6rem 0;
  border-top: 1px solid var(--line); }
thead th { border-top: 0; color: var(--quiet); font-size: .8rem; }
tr:target { background: var(--raised); }
/* What may break anywhere counts as narrow as a letter, and the table would give it no more. */
th, td { overflow-wrap: normal; }
tbody th { width: 20rem; }
@media (max-width: 40rem) {
  thead { position: absolute; left: -999rem; }
  tr, th, td { display: block; border: 0; padding: 0; overflow-wrap: anywhere; }
  tbody th { width: auto; }
  tr { border-top: 1px solid var(--line); padding: .75rem 0; }
}
@media (min-width: 64rem) {
  .page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
  nav { position: sticky; top: 0; height: 100vh; max-height: none; border-bottom: 0;
    border-right: 1px solid var(--line); }
  main { padding: 2.5rem 2.5rem 6rem; }
}
@media (min-width: 80rem) {
  .sides { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .samples { border-top: 0; border-left: 1px solid var(--line); }
}
@media print { nav { display: none; } .card { break-inside: avoid; } pre { max-height: none; } }
`;
