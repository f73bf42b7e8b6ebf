// pain.001.001.09 as this bank takes it: many payments by one initiator, from accounts kept here. What is
// wrong with the whole refuses it; what is wrong with one payment refuses that one and takes the others.

import { createHash } from 'node:crypto';
import { executionDayOf } from './bank-agenda.ts';
import type { Payment, PaymentFile, RefusedPayment } from './bank-fact.ts';
import type { BankState } from './bank-state.ts';
import { dayOf, startOf } from './calendar.ts';
import { numberOf, readAmount } from './currencies.ts';
import { isIban, magicAccounts } from './iban.ts';
import { childrenOf, type Element, elementAt, readXml, textAt } from './xml.ts';

const PAIN_001 = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';
const PAYMENTS_MAX = 5_000;

export type FileRefusal = {
  readonly messageId: string;
  readonly sha256: string;
  /** Of ISO 20022's external list of status reasons. */
  readonly reason: string;
  readonly says: string;
};

export type ReadFile =
  | { readonly ok: true; readonly file: PaymentFile }
  | ({ readonly ok: false } & FileRefusal);

export const digestOf = (bytes: string): string => createHash('sha256').update(bytes).digest('hex');

export const readPaymentFile = (bank: BankState, source: string, nowMs: number): ReadFile => {
  const sha256 = digestOf(source);
  const xml = readXml(source);
  const transfer = xml.ok ? elementAt(xml.root, 'CstmrCdtTrfInitn') : undefined;
  const header = elementAt(transfer, 'GrpHdr');
  const messageId = textAt(header, 'MsgId') ?? '';
  const refuse = (reason: string, says: string): ReadFile => {
    return { ok: false, messageId: isText(messageId, 35) ? messageId : '', sha256, reason, says };
  };
  if (!xml.ok) return refuse('FF01', xml.reason);
  if (xml.root.name !== 'Document' || xml.root.attributes['xmlns'] !== PAIN_001) {
    return refuse('FF01', `The document is not a pain.001.001.09 (xmlns ${PAIN_001}).`);
  }
  if (!isText(messageId, 35)) return refuse('FF01', 'GrpHdr/MsgId is missing or too long.');
  if (bank.files.has(messageId)) {
    return refuse('DU01', `Another file was sent under the MsgId ${messageId}.`);
  }
  if (!isMoment(textAt(header, 'CreDtTm'))) return refuse('FF01', 'GrpHdr/CreDtTm is no moment.');

  const blocks = childrenOf(transfer, 'PmtInf');
  const transfers = blocks.flatMap((block) => childrenOf(block, 'CdtTrfTxInf'));
  const [count, sum] = [textAt(header, 'NbOfTxs'), textAt(header, 'CtrlSum')];
  if (transfers.length === 0) return refuse('FF01', 'There is no CdtTrfTxInf in it.');
  if (transfers.length > PAYMENTS_MAX) {
    return refuse('AM18', `It has more than ${PAYMENTS_MAX} payments.`);
  }
  if (count !== String(transfers.length)) {
    return refuse('AM19', `GrpHdr/NbOfTxs is ${count}, and there are ${transfers.length}.`);
  }
  if (sum !== undefined && !isSumOf(sum, transfers)) {
    return refuse('AM10', 'GrpHdr/CtrlSum is not the sum of the amounts.');
  }
  const wrong = blocks.map(problemOfBlock).find((problem) => problem !== undefined);
  if (wrong !== undefined) return refuse(wrong[0], wrong[1]);
  return readPayments(bank, { messageId, sha256, header, blocks, nowMs });
};

type Problem = readonly [reason: string, says: string];

const problemOfBlock = (block: Element): Problem | undefined => {
  if (!isText(textAt(block, 'PmtInfId'), 35)) return ['FF01', 'A PmtInfId is missing.'];
  if (textAt(block, 'PmtMtd') !== 'TRF') return ['FF01', 'A PmtMtd is not TRF.'];
  const day = textAt(block, 'ReqdExctnDt', 'Dt');
  if (day === undefined || !isDay(day)) return ['DT01', 'A ReqdExctnDt/Dt is no date.'];
  const inside = childrenOf(block, 'CdtTrfTxInf');
  const [count, sum] = [textAt(block, 'NbOfTxs'), textAt(block, 'CtrlSum')];
  if (count !== undefined && count !== String(inside.length)) {
    return ['AM19', 'A PmtInf/NbOfTxs is not the number of its payments.'];
  }
  if (sum !== undefined && !isSumOf(sum, inside)) {
    return ['AM10', 'A PmtInf/CtrlSum is not the sum of its amounts.'];
  }
  return undefined;
};

type Whole = {
  readonly messageId: string;
  readonly sha256: string;
  readonly header: Element | undefined;
  readonly blocks: readonly Element[];
  readonly nowMs: number;
};

const readPayments = (bank: BankState, whole: Whole): ReadFile => {
  const { messageId, sha256, header, blocks, nowMs } = whole;
  const payments: Payment[] = [];
  const refused: RefusedPayment[] = [];
  const seen = new Set<string>();
  for (const block of blocks) {
    const debtor = textAt(block, 'DbtrAcct', 'Id', 'IBAN') ?? '';
    const day = textAt(block, 'ReqdExctnDt', 'Dt') ?? '';
    for (const transfer of childrenOf(block, 'CdtTrfTxInf')) {
      const endToEndId = textAt(transfer, 'PmtId', 'EndToEndId') ?? '';
      const id = `PAY-${sha256.slice(0, 12).toUpperCase()}-${payments.length + refused.length + 1}`;
      const problem = seen.has(endToEndId)
        ? (['AM05', 'Its EndToEndId stands in this file already.'] as const)
        : problemOfPayment(bank, debtor, transfer);
      seen.add(endToEndId);
      if (problem !== undefined) {
        refused.push({ endToEndId, reason: problem[0], says: problem[1] });
        continue;
      }
      const read = { id, debtor, executionDay: executionDayOf(day, nowMs) };
      payments.push(paymentOf(transfer, read));
    }
  }
  const initiator = textAt(header, 'InitgPty', 'Nm') ?? '';
  return { ok: true, file: { messageId, sha256, initiator, payments, refused } };
};

const problemOfPayment = (
  bank: BankState,
  debtor: string,
  transfer: Element,
): Problem | undefined => {
  const account = bank.accounts.get(debtor);
  const amount = elementAt(transfer, 'Amt', 'InstdAmt');
  const currency = numberOf(amount?.attributes['Ccy'] ?? '');
  const creditor = textAt(transfer, 'CdtrAcct', 'Id', 'IBAN') ?? '';
  const fate = magicAccounts.get(creditor);
  if (!isText(textAt(transfer, 'PmtId', 'EndToEndId'), 35)) {
    return ['FF01', 'Its EndToEndId is missing or too long.'];
  }
  if (account === undefined || account.owner !== 'merchant') {
    return ['AC02', 'The account it is to leave from is not kept here.'];
  }
  if (currency === undefined) return ['AM03', 'Its currency is not one of this bank.'];
  if (currency !== account.currency) return ['AM03', 'The account is kept in another currency.'];
  const amountMinor = readAmount(amount?.text.trim() ?? '', currency);
  if (amountMinor === undefined) return ['AM12', 'Its amount is none of that currency.'];
  if (amountMinor === 0n) return ['AM01', 'Its amount is nothing.'];
  if (!isText(textAt(transfer, 'Cdtr', 'Nm'), 140)) return ['BE22', 'Its creditor has no name.'];
  if (!isIban(creditor)) return ['AC03', 'The IBAN of its creditor is none.'];
  const lines = elementAt(transfer, 'Cdtr', 'PstlAdr');
  if (childrenOf(lines, 'AdrLine').length > 0 && textAt(lines, 'TwnNm') === undefined) {
    return ['BE04', 'The address of its creditor has no town of its own.'];
  }
  if ((textAt(transfer, 'RmtInf', 'Ustrd') ?? '').length > 140) {
    return ['FF01', 'Its remittance information is longer than 140 characters.'];
  }
  return fate?.happens === 'rejected' ? [fate.reason, `It is refused: ${fate.says}.`] : undefined;
};

const paymentOf = (
  transfer: Element,
  read: Pick<Payment, 'id' | 'debtor' | 'executionDay'>,
): Payment => {
  const amount = elementAt(transfer, 'Amt', 'InstdAmt');
  const currency = numberOf(amount?.attributes['Ccy'] ?? '') ?? '';
  const instructionId = textAt(transfer, 'PmtId', 'InstrId');
  const remittance = textAt(transfer, 'RmtInf', 'Ustrd');
  return {
    ...read,
    currency,
    amountMinor: readAmount(amount?.text.trim() ?? '', currency) ?? 0n,
    creditor: textAt(transfer, 'CdtrAcct', 'Id', 'IBAN') ?? '',
    creditorName: textAt(transfer, 'Cdtr', 'Nm') ?? '',
    endToEndId: textAt(transfer, 'PmtId', 'EndToEndId') ?? '',
    ...(instructionId === undefined ? {} : { instructionId }),
    ...(remittance === undefined ? {} : { remittance }),
  };
};

const isText = (text: string | undefined, max: number): text is string =>
  text !== undefined && text !== '' && text.length <= max;
const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(startOf(text)) && isOfCalendar(text);
const isMoment = (text: string | undefined): boolean =>
  text !== undefined && /^\d{4}-\d\d-\d\dT/.test(text) && !Number.isNaN(Date.parse(text));
/** A date such as 2026-02-31 is read as another one. */
const isOfCalendar = (day: string): boolean => dayOf(startOf(day)) === day;

/** Control sums add amounts of whatever currency, as decimals. */
const isSumOf = (text: string, transfers: readonly Element[]): boolean => {
  const scaled = (value: string): bigint | undefined => {
    const [, whole, fraction = ''] = /^(\d{1,15})(?:\.(\d{1,5}))?$/.exec(value) ?? [];
    return whole === undefined ? undefined : BigInt(whole + fraction.padEnd(5, '0'));
  };
  let sum = 0n;
  for (const transfer of transfers) {
    const amount = scaled(elementAt(transfer, 'Amt', 'InstdAmt')?.text.trim() ?? '');
    if (amount === undefined) return false;
    sum += amount;
  }
  return scaled(text) === sum;
};
