// The look of our pages: a moment between the shop and the bank, on a phone as on a desk, light and
// dark by the payer's own setting. One sheet, inline, known to the browser by its hash.

import { readFileSync } from 'node:fs';

export const pageStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#f4f5f7, #0e1116);
  --raised: light-dark(#ffffff, #171c24);
  --line: light-dark(#dfe3e8, #2b323c);
  --ink: light-dark(#1a2230, #e8ecf2);
  --quiet: light-dark(#56606e, #9aa6b5);
  --accent: light-dark(#4a3fd1, #a59dff);
  --on-accent: light-dark(#ffffff, #14121f);
}
* { box-sizing: border-box; }
body {
  min-height: 100dvh; margin: 0; display: grid; place-items: center; padding: 1rem; background: var(--ground); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere;
}
main {
  width: 100%; max-width: 24rem; padding: 2rem 1.5rem; text-align: center;
  background: var(--raised); border: 1px solid var(--line); border-radius: 16px;
}
h1 { margin: 0 0 .5rem; font-size: 1.25rem; line-height: 1.3; letter-spacing: -.01em; }
p { margin: 0 0 1rem; color: var(--quiet); }
p:last-child { margin-bottom: 0; }
.sum { margin: 1.25rem 0; padding: .85rem 1rem; border: 1px solid var(--line); border-radius: 10px; }
.sum strong { display: block; color: var(--ink); font-size: 1.15rem; font-variant-numeric: tabular-nums; }
.wait {
  width: 2.5rem; height: 2.5rem; margin: 0 auto 1.25rem; border-radius: 50%;
  border: 3px solid var(--line); border-top-color: var(--accent);
}
@media (prefers-reduced-motion: no-preference) {
  .wait { animation: turn 1s linear infinite; }
}
@keyframes turn { to { transform: rotate(1turn); } }
button, .button {
  display: block; width: 100%; min-height: 3rem; padding: .7rem 1rem; border: 0; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); font: inherit; font-weight: 600;
  text-decoration: none; cursor: pointer;
}
button:focus-visible, .button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
@media (forced-colors: active) { .wait { border-top-color: Highlight; } }
`;

/** What our pages run: it tells of the browser, and sends the one form there is. */
export const sendScript = readFileSync(new URL('./send-form.js', import.meta.url), 'utf8');
