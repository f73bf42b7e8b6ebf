// What somebody sees who opens the address of the gateway in a browser: what this is, and where to go on.
// It says nothing of whose installation it is, because anybody may come here.

import { html } from './html.ts';
import { type Page, pageOf } from './page.ts';

const landingStyle = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #0e1116);
  --ink: light-dark(#1a2230, #e4e9f0);
  --quiet: light-dark(#56606e, #9aa6b5);
  --line: light-dark(#d8dee4, #2b323c);
  --accent: light-dark(#4a3fd1, #a59dff);
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; display: grid; align-items: center;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.6 system-ui, sans-serif; overflow-wrap: anywhere;
}
main { width: 100%; max-width: 36rem; margin: 0 auto; padding: 3rem 1.5rem; }
h1 { font-size: 1.9rem; line-height: 1.2; letter-spacing: -.02em; margin: 0 0 .5rem; }
p { color: var(--quiet); margin: 0 0 2rem; }
ul { list-style: none; margin: 0; padding: 0; border-bottom: 1px solid var(--line); }
li { border-top: 1px solid var(--line); padding: .8rem 0; }
li span { display: block; color: var(--quiet); font-size: .92rem; }
a { color: var(--accent); font-weight: 600; text-underline-offset: .2em; }
a:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
code { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, monospace; font-size: .9em; }
`;

const places = [
  ['/docs', 'API reference', 'Every endpoint, parameter and error, with a request to copy.'],
  ['/openapi.json', 'OpenAPI document', 'The same for machines.'],
  ['/readyz', 'Readiness', 'Whether this gateway can do its work right now.'],
] as const;

export const landingPage = ({ title }: { readonly title: string }): Page =>
  pageOf({
    title,
    style: landingStyle,
    body: html`<main>
<h1>${title}</h1>
<p>This is a payment gateway. Programs speak to it under <code>/v1</code>, with any official Stripe SDK
and a key of this installation.</p>
<ul>
${places.map(
  ([path, name, says]) => html`<li><a href="${path}">${name}</a><span>${says}</span></li>
`,
)}</ul>
</main>`,
  });
