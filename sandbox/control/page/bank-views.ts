// What merchants are owed and were paid, and what stands on accounts of the bank.

import { totalsOf } from '../../bank/clearing-item.ts';
import { BANK_BIC, magicAccounts } from '../../bank/iban.ts';
import { statementsOf } from '../../bank/statements.ts';
import type { Controlled } from '../controlled.ts';
import { momentOf } from '../controlled.ts';
import { badge, type Html, html, moment, section, table } from './html.ts';
import { money } from './money.ts';

const ROWS = 60;

export const showSettlement = ({ world }: Controlled): Html => {
  const { bank } = world.state;
  const open = [...bank.openItems.values()].flatMap((items) => {
    const [first] = items.values();
    return first === undefined ? [] : [{ ...first, totals: totalsOf(items.values()) }];
  });
  const batches = [...bank.batches.values()].slice(-ROWS).toReversed();
  return html`
${section(
  'Open cycle',
  table(
    ['Merchant', 'Items', 'Gross', 'Fees', 'Net'],
    open.map(({ merchant, currency, totals }) => [
      merchant,
      { number: totals.count },
      { number: money(totals.grossMinor, currency) },
      { number: money(totals.grossMinor - totals.netMinor, currency) },
      { number: money(totals.netMinor, currency) },
    ]),
    'Nothing was sold since the last cut-over.',
  ),
  html`Cycle ${bank.cycle} is cut over by itself at ${moment(momentOf(bank.cutOverAtMs))} GMT.`,
)}
${section(
  'Batches',
  table(
    ['Batch', 'Merchant', 'Items', 'Gross', 'Net', 'Paid out', 'Value date', 'State', 'Report'],
    batches.map((batch) => [
      html`<span class="mono">${batch.id}</span>`,
      batch.merchant,
      { number: batch.count },
      { number: money(batch.grossMinor, batch.currency) },
      { number: money(batch.netMinor, batch.currency) },
      { number: money(batch.fundedMinor, batch.currency) },
      batch.valueDay,
      badge(batch.isFunded ? 'paid' : batch.fundedMinor === 0n ? 'carried' : 'waiting'),
      html`<a href="/acquirer/settlements/${batch.id}.csv">CSV</a>`,
    ]),
    'No cycle with sales has ended yet.',
  ),
)}
${section(
  'Clearing files',
  table(
    ['File', 'Merchant', 'Day', 'Lines taken', 'Refused', 'Missing'],
    [...bank.clearingFiles.values()]
      .slice(-ROWS)
      .toReversed()
      .map(({ id, merchant, day, named, refused, missing }) => [
        html`<span class="mono">${id}</span>`,
        merchant,
        day,
        { number: named.length },
        { number: refused.length },
        { number: missing.length },
      ]),
    'No merchant has handed over a file yet.',
  ),
  'Missing: what was booked by that day, and stood in no file.',
)}`;
};

export const showBank = ({ world }: Controlled): Html => {
  const { bank } = world.state;
  const accounts = [...bank.accounts.values()];
  const statements = accounts.flatMap((account) => statementsOf(bank, account));
  return html`
${section(
  'Accounts',
  table(
    ['IBAN', 'Holder', 'Entries', 'Balance'],
    accounts.map(({ iban, holder, currency, entries, balanceMinor }) => [
      html`<span class="mono">${iban}</span>`,
      holder,
      { number: entries.length },
      { number: money(balanceMinor, currency) },
    ]),
    'The bank opens an account for a merchant with the first money that arrives.',
  ),
  html`BIC <span class="mono">${BANK_BIC}</span> · the bank’s day ${bank.bankDay} ends at 18:00 GMT`,
)}
${section(
  'Statements',
  table(
    ['Account', 'Number', 'Day', 'Entries', 'Opening', 'Closing', 'File'],
    statements
      .toSorted((a, b) => (a.day < b.day ? 1 : -1))
      .slice(0, ROWS)
      .map((statement) => [
        html`<span class="mono">…${statement.iban.slice(-8)}</span> ${statement.holder}`,
        { number: statement.number },
        statement.day,
        { number: statement.entries.length },
        { number: money(statement.openingMinor, statement.currency) },
        { number: money(statement.closingMinor, statement.currency) },
        html`<a href="/bank/statements/${statement.iban}/${statement.number}.xml">camt.053</a>`,
      ]),
    'A statement is written at the end of each day of the bank on which something was booked.',
  ),
)}
${section(
  'Payments',
  table(
    ['End to end', 'To', 'Amount', 'Day', 'State', 'Reason'],
    [...bank.payments.values()]
      .slice(-ROWS)
      .toReversed()
      .map(({ payment, state, day, reason }) => [
        html`<span class="mono">${payment.endToEndId}</span>`,
        payment.creditorName,
        { number: money(payment.amountMinor, payment.currency) },
        day,
        badge(state),
        reason || '–',
      ]),
    'Send a pain.001.001.09 to POST /bank/payments.',
  ),
  html`Status reports are at <code>GET /bank/payments/…</code>, by MsgId.`,
)}
${section(
  'Accounts that do not take money',
  table(
    ['IBAN', 'What happens', 'Reason'],
    [...magicAccounts].map(([iban, { happens, reason, says, afterBusinessDays }]) => [
      html`<span class="mono">${iban}</span>`,
      happens === 'rejected'
        ? `rejected at once: ${says}`
        : `returned ${afterBusinessDays === 1 ? 'on the next business day' : `after ${afterBusinessDays} business days`}: ${says}`,
      reason,
    ]),
    '',
  ),
)}`;
};
