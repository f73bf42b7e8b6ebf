export const style = `
:root {
  color-scheme: light dark;
  --paper: light-dark(#faf7f2, #161a19);
  --card: light-dark(#ffffff, #1f2524);
  --ink: light-dark(#1d2421, #eef2ef);
  --soft: light-dark(#5b6661, #a7b3ae);
  --line: light-dark(#e5dfd5, #333b39);
  --leaf: light-dark(#27564b, #7cc7b4);
  --leaf-ink: light-dark(#ffffff, #0f1b18);
  --warm: light-dark(#8a4b12, #e7b076);
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 1rem/1.55 ui-sans-serif, system-ui, "Segoe UI", sans-serif; }
header, main, footer { max-width: 68rem; margin-inline: auto; padding-inline: clamp(1rem, 4vw, 2rem); }
header { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; align-items: center; justify-content: space-between; padding-block: 1.1rem; }
header p { margin: 0; color: var(--soft); font-size: .9rem; }
.name { display: inline-flex; gap: .6rem; align-items: center; color: inherit; font-weight: 700; font-size: 1.15rem; letter-spacing: -.01em; text-decoration: none; }
.mark { inline-size: 1.5rem; block-size: 1.5rem; border-radius: 50%; background: conic-gradient(from 210deg, #27564b, #7cc7b4, #d9a25f, #27564b); }
.hero { padding-block: clamp(1.5rem, 6vw, 4rem) 1.5rem; max-width: 44rem; }
h1 { margin: 0 0 .5rem; font-size: clamp(1.7rem, 5vw, 2.9rem); line-height: 1.1; letter-spacing: -.025em; text-wrap: balance; }
.hero p { margin: 0; color: var(--soft); font-size: 1.06rem; text-wrap: pretty; }
.goods { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 17.5rem), 1fr)); gap: 1.25rem; margin: 0; padding: 0 0 2rem; list-style: none; }
.good { display: flex; flex-direction: column; overflow: hidden; background: var(--card); border: 1px solid var(--line); border-radius: 1rem; }
.art { overflow: hidden; }
.art svg { display: block; inline-size: 100%; block-size: 12rem; overflow: visible; }
@media (prefers-color-scheme: dark) { .art { filter: brightness(.82); } }
.about { padding: 1rem 1.1rem .25rem; flex: 1; }
.about h2 { margin: 0; font-size: 1.12rem; }
.about p { margin: .15rem 0 0; color: var(--soft); font-size: .94rem; }
.buy { display: flex; gap: .6rem; align-items: center; padding: .75rem 1.1rem 1.1rem; }
.price { flex: 1; font-weight: 650; font-variant-numeric: tabular-nums; }
.many span, .visually-hidden { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
select, button { min-block-size: 2.75rem; border-radius: .7rem; font: inherit; }
select { padding-inline: .6rem; border: 1px solid var(--line); background: var(--card); color: inherit; }
button { padding-inline: 1.2rem; border: 0; background: var(--leaf); color: var(--leaf-ink); font-weight: 650; cursor: pointer; }
button:hover { filter: brightness(1.08); }
:focus-visible { outline: 3px solid var(--warm); outline-offset: 2px; }
.skip { position: absolute; inset-inline-start: -999rem; }
.skip:focus { inset: .5rem auto auto .5rem; padding: .5rem 1rem; background: var(--card); }
.order { max-width: 34rem; margin: clamp(1rem, 5vw, 3rem) auto; padding: clamp(1.25rem, 5vw, 2.25rem); background: var(--card); border: 1px solid var(--line); border-radius: 1.1rem; }
.order h1 { display: flex; gap: .7rem; align-items: center; font-size: 1.5rem; }
.badge { flex: none; inline-size: .85rem; block-size: .85rem; border-radius: 50%; background: var(--soft); }
.paid .badge { background: #2e9e6b; } .open .badge { background: #d9a25f; animation: breathe 1.6s ease-in-out infinite; }
@keyframes breathe { 50% { opacity: .35; } }
@media (prefers-reduced-motion: reduce) { .badge { animation: none !important; } }
.refusal { padding: .8rem 1rem; border-inline-start: 4px solid var(--warm); background: color-mix(in srgb, var(--warm) 12%, transparent); border-radius: .4rem; }
table { inline-size: 100%; margin-block: 1rem; border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { text-align: start; color: var(--soft); font-size: .9rem; padding-block-end: .3rem; }
th { text-align: start; font-weight: 450; } td { text-align: end; }
th, td { padding-block: .55rem; border-block-start: 1px solid var(--line); }
tfoot th, tfoot td { font-weight: 700; }
.order form button { inline-size: 100%; }
.ways, #pay { display: grid; gap: .75rem; }
.second { background: none; color: var(--leaf); border: 1px solid currentColor; }
.new .badge { display: none; }
#pay { gap: 1rem; margin-block: 1.25rem .75rem; }
.email { display: grid; gap: .3rem; font-size: .9rem; font-weight: 550; }
.email input { min-block-size: 3rem; padding-inline: .9rem; border: 1px solid light-dark(#858f9e, #6a7687); border-radius: .7rem; background: light-dark(#fff, #10151d); color: inherit; font: inherit; font-size: 1rem; font-weight: 400; }
.email input::placeholder { color: var(--soft); opacity: 1; }
.email input:focus-visible { outline: 2px solid var(--leaf); outline-offset: -2px; }
#fields { min-block-size: 10.4rem; }
#pay button { min-block-size: 3.1rem; font-size: 1.05rem; }
button:disabled { opacity: .65; cursor: progress; }
.refusal { margin: 0; }
.tests { color: var(--soft); font-size: .88rem; }
.back { margin-block-end: 0; } a { color: var(--leaf); }
footer { padding-block: 1rem 2.5rem; color: var(--soft); font-size: .88rem; }
`;
