// One page to look at: what was approved, what is held, what went over the wire. No script; reading it
// again is a reload.

import { liveApprovalsOf } from '../books/journal.ts';
import type { Controlled } from './server.ts';

const ROWS = 40;

export const showPage = async ({ world, host, faults }: Controlled): Promise<string> => {
  const live = liveApprovalsOf(world.state);
  const accounts = await world.books.read<{
    account: string;
    currency: string;
    balance_minor: string;
  }>(
    `select account, currency, balance_minor from sandbox.accounts order by account, currency limit ${ROWS}`,
  );
  const held = live.filter(({ state }) => state === 'held');
  const rules = faults.list();
  const messages = host.wireLog.last(ROWS).toReversed();
  const signedOn = host.links().filter(({ isSignedOn }) => isSignedOn).length;

  return page(`
<header>
  <h1>Sandbox bank</h1>
  <p>${moment(new Date(world.now()).toISOString())} · ${count(signedOn, 'link')} signed on ·
  ${count(live.length, 'live approval')} · ${count(held.length, 'hold')} ·
  ${count(rules.length, 'fault rule')}</p>
</header>
${table(
  'Messages',
  'No gateway has sent anything yet.',
  ['At', 'Link', '', 'Message'],
  messages.map(({ at, link, direction, text }) => [
    moment(at),
    String(link),
    { in: '→', out: '←', link: '·' }[direction],
    text,
  ]),
)}
${table(
  'Live approvals',
  'Nothing is approved.',
  ['Reference', 'Card', 'State', 'Currency', 'Approved', 'Held', 'Captured', 'Refunded'],
  live
    .slice(-ROWS)
    .toReversed()
    .map((approval) => [
      approval.reference,
      approval.card,
      approval.state,
      approval.currency,
      String(approval.amountMinor),
      String(approval.heldMinor),
      String(approval.capturedMinor),
      String(approval.refundedMinor),
    ]),
)}
${table(
  'Accounts',
  'No account is open yet.',
  ['Account', 'Currency', 'Balance'],
  accounts.map(({ account, currency, balance_minor }) => [account, currency, balance_minor]),
)}
${table(
  'Faults',
  'Everything works as it should.',
  ['Rule', 'What it does', 'When', 'Used'],
  rules.map(({ id, kind, when, times, used }) => [
    id,
    kind,
    whenOf(when ?? {}),
    times === undefined ? String(used) : `${used} of ${times}`,
  ]),
)}`);
};

/** A card's whole number was typed by somebody, and is not shown back. */
const whenOf = ({ card, ...when }: { readonly card?: string }): string =>
  [
    ...(card === undefined ? [] : [`card …${card.slice(-4)}`]),
    ...Object.entries(when).map(([name, value]) => `${name} ${String(value)}`),
  ].join(', ') || 'always';

const table = (
  title: string,
  whenEmpty: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): string => {
  if (rows.length === 0) return `<section><h2>${title}</h2><p>${whenEmpty}</p></section>`;
  const cells = (names: readonly string[], tag: 'th' | 'td'): string =>
    names.map((name) => `<${tag}>${escape(name)}</${tag}>`).join('');
  return `<section><h2>${title}</h2><div class="wide"><table>
<thead><tr>${cells(head, 'th')}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells(row, 'td')}</tr>`).join('\n')}</tbody>
</table></div></section>`;
};

const count = (many: number, noun: string): string => `${many} ${noun}${many === 1 ? '' : 's'}`;
const moment = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escape = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (letter) => escapes[letter] as string);

const page = (body: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sandbox bank</title>
<style>
:root { color-scheme: light dark; --line: #8884; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0; }
h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
p { margin: .25rem 0; opacity: .75; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; vertical-align: top; padding: .3rem .75rem .3rem 0; border-bottom: 1px solid var(--line); }
th { font-weight: 600; white-space: nowrap; }
td { font: 13px/1.5 ui-monospace, monospace; white-space: nowrap; }
</style>
</head>
<body>${body}
</body>
</html>
`;
