// Payments as the issuers know them, what really happened to one of them, and disputes.

import { disputableOf, disputeReasons, isOpen } from '../../disputes/dispute.ts';
import type { KnownDispute } from '../../disputes/dispute-state.ts';
import type { Approval } from '../../issuer/approval.ts';
import { storyOf } from '../../world/story.ts';
import { type Controlled, momentOf } from '../controlled.ts';
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

const ROWS = 60;

const link = (reference: string): Html =>
  html`<a class="mono" href="/?reference=${encodeURIComponent(reference)}">${reference}</a>`;

export const showPayments = ({ world, host, context }: Controlled): Html => {
  const { approvals, holds, disputes } = world.state;
  const signedOn = host.links().filter(({ isSignedOn }) => isSignedOn).length;
  const open = [...disputes.disputes.values()].filter(isOpen).length;
  const held = [...holds.keys()]
    .slice(-ROWS)
    .toReversed()
    .flatMap((id) => approvals.get(id) ?? []);
  const latest = [...approvals.values()].slice(-ROWS).toReversed();
  return html`
<dl class="figures">
<div><dt>Links signed on</dt><dd>${signedOn}</dd></div>
<div><dt>Approved</dt><dd>${approvals.size}</dd></div>
<div><dt>Holds</dt><dd>${holds.size}</dd></div>
<div><dt>Open disputes</dt><dd>${open}</dd></div>
</dl>
${section(
  'What really happened',
  html`<form class="rows" action="/" method="get"><label><span>Reference</span><input name="reference" placeholder="632412000001 or your own name for the payment" required></label><button class="main">Look it up</button></form>`,
  'Every fact of the journal about one payment, by its retrieval reference or by the merchant’s own.',
)}
${holds.size === 0 ? '' : showHolds(context.seed, held)}
${section(
  'Latest approvals',
  table(
    ['Reference', 'Merchant', 'Card', 'State', 'Approved', 'Captured', 'Refunded', 'Charged back'],
    latest.map((approval) => rowOf(context.seed, approval)),
    'No gateway has asked for anything yet.',
  ),
)}`;
};

const showHolds = (seed: string, held: readonly Approval[]): Html =>
  section(
    'Holds',
    table(
      ['Reference', 'Merchant', 'Card', 'Held', 'Until'],
      held.map(({ rrn, merchant, card, heldMinor, currency, heldUntilMs }) => [
        link(rrn),
        merchant,
        cardName(seed, card),
        { number: money(heldMinor, currency) },
        moment(momentOf(heldUntilMs)),
      ]),
      '',
    ),
    'What is not completed by then is let go.',
  );

const rowOf = (seed: string, approval: Approval) => {
  const { currency } = approval;
  const amount = (minor: bigint) => ({ number: minor === 0n ? '–' : money(minor, currency) });
  return [
    link(approval.rrn),
    approval.merchant,
    cardName(seed, approval.card),
    badge(approval.state),
    amount(approval.approvedMinor),
    amount(approval.capturedMinor),
    amount(approval.refundedMinor),
    amount(approval.chargedBackMinor),
  ];
};

export const showStory = ({ world, host, context }: Controlled, reference: string): Html => {
  const { state } = world;
  const story = storyOf(state, world.journal().lines, reference);
  const named = [...state.approvals.values()].filter(
    ({ rrn, paymentReference }) => rrn === reference || paymentReference === reference,
  );
  const rrns = new Set([reference, ...named.map(({ rrn }) => rrn)]);
  const messages = host.wireLog
    .last(1_000)
    .filter(({ text }) => [...rrns].some((rrn) => text.includes(rrn)));
  const disputes = [...state.disputes.disputes.values()].filter(({ rrn }) => rrns.has(rrn));
  return html`
${section(
  reference,
  story.length === 0
    ? html`<p class="empty">The journal knows nothing of it: nothing was asked, or nothing was booked.</p>`
    : html`<ol class="story">${story.map(({ at, says }) => html`<li>${moment(at)}${says}</li>`)}</ol>`,
  named.map((approval) => html`${cardName(context.seed, approval.card)} · ${approval.merchant} `),
)}
${named.filter((approval) => disputableOf(approval) > 0n).map(disputeForm)}
${disputes.length === 0 ? '' : section('Disputes', disputeTable(disputes))}
${section(
  'On the wire',
  table(
    ['At', '', 'Message'],
    messages.map(({ at, direction, text }) => [
      moment(at),
      { in: '→', out: '←', link: '·' }[direction],
      html`<span class="mono">${text}</span>`,
    ]),
    'None of the last messages carries it.',
  ),
)}`;
};

const disputeForm = (approval: Approval): Html =>
  section(
    'Dispute it',
    html`<form class="rows" data-send="POST /disputes">${hidden('reference', approval.rrn)}
${field(
  'Reason',
  choice(
    'reason',
    disputeReasons.map((reason) => [reason, reason.replaceAll('_', ' ')]),
  ),
)}
${field(
  'Begins as',
  choice('stage', [
    ['chargeback', 'chargeback: the money is taken at once'],
    ['inquiry', 'inquiry: no money moves yet'],
  ]),
)}
<button class="main">Open a dispute</button></form>`,
    html`${money(disputableOf(approval), approval.currency)} can be disputed.`,
  );

export const showDisputes = ({ world }: Controlled): Html => {
  const { disputes, notices } = world.state.disputes;
  return html`
${section(
  'Disputes',
  disputeTable([...disputes.values()].slice(-ROWS).toReversed()),
  'Some test cards are disputed a few seconds after they were charged; any payment can be, from its own page.',
)}
${section(
  'Notices to the gateway',
  table(
    ['Number', 'At', 'Notice', 'Reference', 'Money'],
    notices
      .slice(-ROWS)
      .toReversed()
      .map(({ number, atMs, subject, what, approvalId, movedMinor }) => {
        const approval = world.state.approvals.get(approvalId);
        return [
          number,
          moment(momentOf(atMs)),
          `${subject}.${what}`.replaceAll('_', ' '),
          link(approval?.rrn ?? ''),
          { number: movedMinor === 0n ? '–' : money(movedMinor, approval?.currency ?? '') },
        ];
      }),
    'Nothing has happened after a payment yet.',
  ),
  html`As <code>GET /acquirer/disputes?after=0</code> gives them.`,
)}`;
};

const disputeTable = (disputes: readonly KnownDispute[]): Html =>
  table(
    ['Reference', 'Reason', 'Stage', 'Status', 'Amount', 'Answer by', ''],
    disputes.map((dispute) => [
      link(dispute.rrn),
      `${dispute.reason.replaceAll('_', ' ')} (${dispute.reasonCode})`,
      dispute.stage.replaceAll('_', ' '),
      badge(dispute.status),
      { number: money(dispute.amountMinor, dispute.currency) },
      dispute.status.endsWith('needs_response') ? momentOf(dispute.respondByMs).slice(0, 10) : '–',
      html`<div class="buttons">${leversOf(dispute)}</div>`,
    ]),
    'Nothing is disputed.',
  );

const leversOf = ({ id, status, stage }: KnownDispute): readonly Html[] => {
  const evidence = (text: string, label: string): Html =>
    action(`POST /acquirer/disputes/${id}/evidence`, hidden('text', text), label);
  if (status === 'won') return [action(`POST /disputes/${id}/reopen`, '', 'Reopen')];
  if (!status.endsWith('needs_response')) return [];
  return [
    evidence('winning_evidence', 'Answer and win'),
    stage === 'inquiry'
      ? action(`POST /disputes/${id}/escalate`, '', 'Escalate')
      : evidence('losing_evidence', 'Answer and lose'),
    action(`POST /acquirer/disputes/${id}/accept`, '', 'Accept'),
  ];
};
