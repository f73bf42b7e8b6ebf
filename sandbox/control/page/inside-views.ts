// What is behind: messages on the wire, faults, and the books.

import { faultKinds } from '../../faults/fault.ts';
import { networks } from '../../networks/networks.ts';
import type { Controlled } from '../controlled.ts';
import {
  action,
  badge,
  choice,
  field,
  type Html,
  hidden,
  html,
  moment,
  section,
  table,
} from './html.ts';
import { cardName, money } from './money.ts';

const ROWS = 80;

export const showWire = ({ host }: Controlled): Html => {
  const links = host.links();
  return html`
${section(
  'Links',
  table(
    ['Link', 'State'],
    links.map(({ number, isSignedOn }) => [
      String(number),
      badge(isSignedOn ? 'signed_on' : 'connected'),
    ]),
    'No gateway is connected.',
  ),
  html`ISO 8583 over TCP on <code>127.0.0.1:${host.port}</code>.`,
)}
${section(
  'Messages',
  table(
    ['At', 'Link', '', 'Message'],
    host.wireLog
      .last(ROWS)
      .toReversed()
      .map(({ at, link, direction, text }) => [
        moment(at),
        String(link),
        { in: '→', out: '←', link: '·' }[direction],
        html`<span class="mono">${text}</span>`,
      ]),
    'No gateway has sent anything yet.',
  ),
  'Decoded, and masked as a log would be.',
)}`;
};

export const showFaults = ({ faults }: Controlled): Html => html`
${section(
  'Rules',
  table(
    ['Rule', 'What it does', 'When', 'Used', ''],
    faults
      .list()
      .map(({ id, kind, when, times, used }) => [
        html`<span class="mono">${id}</span>`,
        html`<strong>${kind.replaceAll('_', ' ')}</strong> ${faultKinds[kind]}`,
        whenOf(when ?? {}),
        times === undefined ? String(used) : `${used} of ${times}`,
        action(`DELETE /faults/${encodeURIComponent(id)}`, '', 'Remove'),
      ]),
    'Everything works as it should.',
  ),
  'The first rule that fits decides. Chance is drawn from the seed: the same messages meet the same fate.',
)}
${section(
  'Add a rule',
  html`<form class="rows" data-send="POST /faults">
${field('Name', html`<input name="id" value="rule-${faults.list().length + 1}" required>`)}
${field(
  'What',
  choice(
    'kind',
    Object.keys(faultKinds).map((kind) => [kind, kind.replaceAll('_', ' ')]),
  ),
)}
${field('Card, last four', html`<input name="when.card" inputmode="numeric" maxlength="4" placeholder="every card">`)}
${field('Network', choice('when.network', [['', 'every network'], ...networks.map((name) => [name, name] as const)]))}
${field('Message type', html`<input name="when.mti" placeholder="all, or e.g. 01">`)}
${field('Probability', html`<input name="when.probability" data-as="number" type="number" min="0" max="1" step="any" placeholder="1">`)}
${field('Times', html`<input name="times" data-as="number" type="number" min="1" placeholder="always">`)}
${field('Code that is told', html`<input name="code" maxlength="2" placeholder="05">`)}
${field('Delay in ms', html`<input name="delayMs" data-as="number" type="number" min="0" placeholder="1000">`)}
<button class="main">Add</button></form>`,
)}
${section(
  'What may go wrong',
  table(
    ['What', 'What it does'],
    Object.entries(faultKinds).map(([kind, says]) => [
      html`<strong>${kind.replaceAll('_', ' ')}</strong>`,
      says,
    ]),
    '',
  ),
)}`;

/** A card's whole number was typed by somebody, and is not shown back. */
const whenOf = ({ card, ...when }: { readonly card?: string }): string =>
  [
    ...(card === undefined ? [] : [`card …${card.slice(-4)}`]),
    ...Object.entries(when).map(([name, value]) => `${name} ${String(value)}`),
  ].join(', ') || 'always';

export const showBooks = async ({ world, context }: Controlled): Promise<Html> => {
  const accounts = await world.books.read<{
    account: string;
    currency: string;
    balance_minor: string;
  }>(
    `select account, currency, balance_minor from sandbox.accounts
     where account not like '%/holder/%' order by account, currency limit 200`,
  );
  const { accounts: holders } = world.state;
  const { lines } = world.journal();
  return html`
<dl class="figures">
<div><dt>Facts in the journal</dt><dd>${lines.length}</dd></div>
<div><dt>Holders’ accounts</dt><dd>${holders.size}</dd></div>
<div><dt>Seed</dt><dd><span class="mono">${context.seed}</span></dd></div>
</dl>
${section(
  'Accounts of the institutions',
  table(
    ['Account', 'Balance'],
    accounts.map(({ account, currency, balance_minor }) => [
      html`<span class="mono">${account}</span>`,
      { number: money(BigInt(balance_minor), currency) },
    ]),
    'Nothing is booked yet.',
  ),
  'What is owed is above zero, what is held is below; each institution adds up to nothing.',
)}
${section(
  'Holders’ accounts',
  table(
    ['Card', 'Balance', 'Held'],
    [...holders.values()]
      .slice(-ROWS)
      .toReversed()
      .map(({ card, currency, balanceMinor, heldMinor }) => [
        cardName(context.seed, card),
        { number: money(balanceMinor, currency) },
        { number: heldMinor === 0n ? '–' : money(heldMinor, currency) },
      ]),
    'No card was used yet.',
  ),
  'One for each card and currency, opened when it is first used. What is held is not spent yet.',
)}
${section(
  'Latest facts',
  table(
    ['Number', 'At', 'Fact'],
    lines
      .slice(-ROWS)
      .toReversed()
      .map(({ seq, at, fact }) => [seq, moment(at), fact.fact.replaceAll('_', ' ')]),
    'The journal is empty.',
  ),
)}
${section(
  'Limits of a card',
  html`<form class="rows" data-send="PUT /limits">
${field('Test card', html`<input name="number" inputmode="numeric" placeholder="its whole number" required>`)}
${field('Highest amount, minor units', html`<input name="amount_minor" data-as="number" type="number" min="0">`)}
${field('Charges a day', html`<input name="count_per_day" data-as="number" type="number" min="0">`)}
<button class="main">Set</button></form>`,
)}
${section(
  'Prevention of disputes',
  html`<form class="rows" data-send="PUT /prevention">
${field('Merchant', html`<input name="merchant" required>`)}
${hidden('is_on', 'true', 'boolean')}<button class="main">Take part</button></form>`,
)}`;
};
