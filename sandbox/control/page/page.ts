// The page of the sandbox bank: what it holds and did, and its levers. It is made anew at every look.

import { type Controlled, momentOf } from '../controlled.ts';
import { showBank, showSettlement } from './bank-views.ts';
import { action, type Html, hidden, html } from './html.ts';
import { showBooks, showFaults, showWire } from './inside-views.ts';
import { showDisputes, showPayments, showStory } from './payment-views.ts';

const views = {
  payments: ['Payments', showPayments],
  disputes: ['Disputes', showDisputes],
  settlement: ['Settlement', showSettlement],
  bank: ['Bank accounts', showBank],
  wire: ['Wire', showWire],
  faults: ['Faults', showFaults],
  books: ['Books', showBooks],
} as const satisfies Record<
  string,
  readonly [string, (controlled: Controlled) => Html | Promise<Html>]
>;

type View = keyof typeof views;

export const showPage = async (controlled: Controlled, query: URLSearchParams): Promise<string> => {
  const asked = query.get('view') ?? 'payments';
  const view = (Object.hasOwn(views, asked) ? asked : 'payments') as View;
  const reference = query.get('reference');
  const body =
    reference === null ? await views[view][1](controlled) : showStory(controlled, reference);
  return frame(controlled, reference === null ? view : 'payments', body).html;
};

const DAY_MS = 86_400_000;

const frame = ({ world }: Controlled, current: View, body: Html): Html => {
  const now = momentOf(world.now());
  const weekday = new Date(world.now()).toLocaleDateString('en', {
    weekday: 'short',
    timeZone: 'UTC',
  });
  const advance = (ms: number, label: string): Html =>
    action('POST /clock', hidden('advance_ms', String(ms), 'number'), label);
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${views[current][0]} · Sandbox bank</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
<div class="top">
<div class="bar">
<h1><a href="/">Sandbox bank</a></h1>
<div class="clock">${weekday} <strong>${now.slice(0, 10)}</strong> ${now.slice(11, 19)} GMT</div>
<div class="levers">
${advance(3_600_000, '+1 hour')}${advance(DAY_MS, '+1 day')}${advance(7 * DAY_MS, '+1 week')}
${action('POST /cut-over', '', 'Cut over', 'main')}
</div>
</div>
<nav aria-label="Views">${Object.entries(views).map(
    ([name, [title]]) =>
      html`<a href="/?view=${name}"${name === current ? html` aria-current="page"` : ''}>${title}</a>`,
  )}</nav>
</div>
<main>${body}</main>
<div id="note" role="status" hidden></div>
</body>
</html>
`;
};
