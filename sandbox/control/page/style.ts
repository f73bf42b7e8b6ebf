// How the page looks. Light and dark follow the reader; nothing comes from elsewhere.

export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f5f6f8, #14171c);
  --panel: light-dark(#fff, #1c2027);
  --ink: light-dark(#1b2130, #e7eaf0);
  --quiet: light-dark(#5b6475, #9aa3b5);
  --line: light-dark(#e1e4ea, #2c323d);
  --accent: light-dark(#2b50d8, #8aa5ff);
  --on-accent: light-dark(#fff, #10131a);
  --good: light-dark(#0d6b3f, #6ddba5);
  --good-ground: light-dark(#e0f4e9, #15382a);
  --bad: light-dark(#a3231f, #ff9d97);
  --bad-ground: light-dark(#fbe7e5, #431d1c);
  --wait: light-dark(#7a4d00, #f2c063);
  --wait-ground: light-dark(#fdf0d6, #3c2f12);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
a { color: var(--accent); text-underline-offset: 2px; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.top { background: var(--panel); border-bottom: 1px solid var(--line); }
.bar { max-width: 76rem; margin: 0 auto; padding: .9rem 1.25rem; display: flex; flex-wrap: wrap; gap: .75rem 1.5rem; align-items: center; }
h1 { font-size: 1.1rem; margin: 0; }
h1 a { color: inherit; text-decoration: none; }
.clock { color: var(--quiet); font-variant-numeric: tabular-nums; }
.clock strong { color: var(--ink); font-weight: 600; }
.levers { display: flex; flex-wrap: wrap; gap: .5rem; margin-left: auto; }
nav { max-width: 76rem; margin: 0 auto; padding: 0 .75rem; display: flex; gap: .1rem; overflow-x: auto; scrollbar-width: none; }
nav a { padding: .55rem .75rem; color: var(--quiet); text-decoration: none; white-space: nowrap; border-bottom: 2px solid transparent; }
nav a[aria-current] { color: var(--ink); border-color: var(--accent); font-weight: 600; }
nav a:hover { color: var(--ink); }
main { max-width: 76rem; margin: 0 auto; padding: 1.25rem; display: grid; gap: 1.25rem; }
main > * { min-width: 0; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9rem, 1fr)); gap: .75rem; margin: 0; }
.figures div { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; padding: .7rem 1rem; }
.figures dt { color: var(--quiet); font-size: .82rem; }
.figures dd { margin: 0; font-size: 1.35rem; font-weight: 600; font-variant-numeric: tabular-nums; }
.panel { background: var(--panel); border: 1px solid var(--line); border-radius: 10px; overflow: hidden; }
.panel > header { padding: .85rem 1.1rem .7rem; }
.panel h2 { font-size: 1rem; margin: 0; }
.panel header p { margin: .1rem 0 0; color: var(--quiet); font-size: .88rem; }
.empty { margin: 0; padding: .2rem 1.1rem 1.1rem; color: var(--quiet); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: baseline; padding: .5rem .6rem; border-top: 1px solid var(--line); }
th:first-child, td:first-child { padding-left: 1.1rem; }
th:last-child, td:last-child { padding-right: 1.1rem; }
th { font-size: .8rem; font-weight: 500; color: var(--quiet); white-space: nowrap; }
td { font-size: .9rem; }
td.number, th.number { text-align: right; white-space: nowrap; }
time { white-space: nowrap; }
time span { color: var(--quiet); }
code, .mono { font: .86em/1.5 ui-monospace, "SF Mono", Menlo, monospace; overflow-wrap: anywhere; }
.badge { display: inline-block; padding: .05rem .5rem; border-radius: 99px; font-size: .8rem; white-space: nowrap; background: var(--ground); color: var(--quiet); }
.badge.good { background: var(--good-ground); color: var(--good); }
.badge.bad { background: var(--bad-ground); color: var(--bad); }
.badge.wait { background: var(--wait-ground); color: var(--wait); }
form.action { display: inline-flex; flex-wrap: wrap; gap: .5rem; align-items: end; }
form.rows { display: flex; flex-wrap: wrap; gap: .75rem; align-items: end; padding: .2rem 1.1rem 1.1rem; }
form.rows label { flex: 1 1 9rem; }
label span { display: block; font-size: .8rem; color: var(--quiet); margin-bottom: .15rem; }
input, select, button { font: inherit; color: inherit; border-radius: 7px; border: 1px solid var(--line); background: var(--ground); padding: .4rem .65rem; min-height: 2.4rem; }
input, select { width: 100%; }
button { cursor: pointer; background: var(--panel); white-space: nowrap; }
button:hover { border-color: var(--accent); }
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); font-weight: 600; }
button:disabled { opacity: .5; }
.buttons { display: flex; flex-wrap: wrap; gap: .4rem; }
ol.story { list-style: none; margin: 0; padding: .3rem 1.1rem 1.1rem; }
ol.story li { position: relative; padding: 0 0 1rem 1.4rem; border-left: 2px solid var(--line); margin-left: .35rem; }
ol.story li:last-child { padding-bottom: 0; }
ol.story li::before { content: ""; position: absolute; left: -.4rem; top: .45rem; width: .65rem; height: .65rem; border-radius: 50%; background: var(--accent); }
ol.story time { display: block; font-size: .82rem; color: var(--quiet); }
#note { position: fixed; left: 50%; bottom: 1.25rem; transform: translateX(-50%); max-width: min(36rem, 92vw); padding: .7rem 1.1rem; border-radius: 10px; box-shadow: 0 6px 24px #0004; }
#note.bad { background: var(--bad-ground); color: var(--bad); }
#note.good { background: var(--good-ground); color: var(--good); }
td.wire { font: .8rem/1.55 ui-monospace, "SF Mono", Menlo, monospace; overflow-wrap: anywhere; }
@media (max-width: 46rem) {
  .bar { padding: .8rem 1rem; }
  nav { flex-wrap: wrap; }
  nav a { padding: .4rem .6rem; }
  .levers { margin-left: 0; width: 100%; }
  .levers form { flex: 1; }
  .levers button { width: 100%; }
  main { padding: .9rem; gap: .9rem; }
  .figures { grid-template-columns: 1fr 1fr; }
  .wide { overflow: hidden; position: relative; }
  thead { position: absolute; clip-path: inset(50%); width: 1px; overflow: hidden; }
  table, tbody, tr, td { display: block; }
  tr { border-top: 1px solid var(--line); padding: .6rem 1.1rem; }
  td, td:first-child, td:last-child { border: 0; padding: .12rem 0; display: grid; grid-template-columns: 7rem 1fr; gap: .75rem; }
  td::before { content: attr(data-label); color: var(--quiet); font-size: .82rem; }
  td.number { text-align: left; }
  td.wire { grid-template-columns: 1fr; }
  td.wire::before { content: none; }
  td[data-label=""] { grid-template-columns: 1fr; }
  td[data-label=""]::before { content: none; }
  .badge { justify-self: start; }
}
`;
