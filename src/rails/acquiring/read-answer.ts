// What an answer says about the operation whose message it answers. Pure. An answer that names another
// reference than ours is another's; one without a code, or with a code that stands nowhere, says nothing.

import type { Fields, FieldValue, Message } from '#kit/iso8583';
import type { CheckResult, Operation, Outcome, Told } from '#rails/operations';
import type { CardMessage } from './card-message.ts';
import { currencyOfNumber } from './currencies.ts';
import type { AcquirerProfile } from './profile.ts';
import { inCountry, meaningOf } from './response-code.ts';

export const fieldText = (value: FieldValue | undefined): string | null =>
  typeof value === 'string' && value.trim() !== '' ? value.trim() : null;

/** Whether everything that the answer tells of the message is what was sent. */
const belongsTo = (profile: AcquirerProfile, sent: CardMessage, { fields }: Message): boolean => {
  const expected: Readonly<Record<number, string>> = {
    32: sent.acquirer,
    37: sent.rrn,
    41: sent.terminal,
    42: sent.merchant,
  };
  return profile.comparedIn.every((field) => {
    const told = fieldText(fields[field]);
    return told === null || told === expected[field];
  });
};

/** What the host calls the amount and the currency; what it leaves out was matched by reference. */
const amountsIn = (
  { fields }: Message,
  sent: Pick<CardMessage, 'amount' | 'currency'>,
): { readonly amount: bigint; readonly currency: string } => {
  const amount = fieldText(fields[4]);
  const currency = fieldText(fields[49]);
  return {
    amount: amount === null || !/^\d+$/.test(amount) ? sent.amount : BigInt(amount),
    // A number that is no currency of ours is spelled out, so that it differs from every one.
    currency: currency === null ? sent.currency : (currencyOfNumber(currency) ?? `#${currency}`),
  };
};

export const ANOTHERS = 'answer_of_another';

export type Moved = 'debit' | 'debit_reversed' | 'credit' | 'credit_reversed';

export type Reading = {
  readonly profile: AcquirerProfile;
  readonly operation: Pick<Operation, 'reference'>;
  readonly sent: CardMessage;
  readonly answer: Message;
  readonly nowMs: number;
  /** What an approval moves at the host. */
  readonly moves: readonly Moved[];
  /** Of a reversal: the message that it takes back. */
  readonly original?: CardMessage;
  /** Of the card. */
  readonly country?: string | null;
};

export const readAnswer = (reading: Reading): Outcome => {
  const { profile, operation, sent, answer, moves, country = null } = reading;
  if (!belongsTo(profile, sent, answer)) {
    // Another's reference decides nothing, and a person sees it.
    const reference = fieldText(answer.fields[37]) ?? 'none';
    return { outcome: 'pending', code: ANOTHERS, reference };
  }
  const code = fieldText(answer.fields[39]);
  if (code === null) return { outcome: 'unknown', code: 'no_response_code' };
  const found = meaningOf(profile.codes, code);
  if (found === undefined) {
    return { outcome: 'unknown', code: 'response_code_unknown', unmapped: code };
  }
  const meaning = inCountry(code, found, country);
  const told = toldBy(reading, code);
  const echo = amountsIn(answer, sent);

  const place = placeIn(sent, answer, moves);
  if (code === profile.refundUnderWay && moves.includes('credit')) {
    const data = { ...told.data, ...place };
    const { reference } = operation;
    const named = { ...echo, reference, providerId: sent.rrn };
    return { outcome: 'pending', code: 'refund_under_way', ...named, told: { ...told, data } };
  }
  switch (meaning.class) {
    case 'approved':
      break;
    case 'card_is_good':
      if (sent.amount > 0n) return { outcome: 'unknown', code: 'approved_without_money' };
      break;
    case 'approved_in_part':
      // We take the whole or nothing: what was approved is given back first.
      return { outcome: 'unknown', code: 'approved_in_part' };
    case 'unsure':
      return { outcome: 'unknown', code: `host_${code}` };
    default:
      return {
        outcome: 'declined',
        code: meaning.reason ?? 'generic_decline',
        reference: operation.reference,
        providerId: sent.rrn,
        told: meaning.advice === undefined ? told : { ...told, advice: meaning.advice },
      };
  }
  return {
    outcome: 'approved',
    ...echo,
    reference: operation.reference,
    providerId: sent.rrn,
    told: { ...told, data: { ...told.data, ...place } },
  };
};

/** What took nothing back: the host knows no original yet, or would not take it back as it is. */
export type NotReversed =
  | { readonly outcome: 'too_early' }
  | { readonly outcome: 'refused'; readonly code: string };

/** Whether a reversal is over; what is not over is repeated. */
export const readReversal = (reading: Reading): Outcome | NotReversed => {
  const { profile, sent, answer, nowMs, moves, original = sent } = reading;
  if (!belongsTo(profile, sent, answer)) return { outcome: 'unknown', code: ANOTHERS };
  const code = fieldText(answer.fields[39]);
  if (code === null) return { outcome: 'unknown', code: 'no_response_code' };
  const echo = amountsIn(answer, sent);
  if (echo.amount !== sent.amount || echo.currency !== sent.currency) {
    return { outcome: 'unknown', code: 'answer_differs' };
  }
  const told = { networkCode: code };
  const { codes, afterMs } = profile.reversalWithoutOriginal;
  if (codes.includes(code)) {
    // What is on its way, or hangs in the host's queue, would be booked after this.
    return nowMs - original.storedAtMs >= afterMs
      ? { outcome: 'reversed', code: 'no_original', told }
      : { outcome: 'too_early' };
  }
  if (!profile.reversalDone.includes(code)) {
    const isRefused = meaningOf(profile.codes, code)?.class === 'state';
    return { outcome: isRefused ? 'refused' : 'unknown', code: `host_${code}` };
  }
  // The code of the authorization comes back where there was one to reverse.
  const wasBooked = fieldText(answer.fields[38]) !== null;
  return {
    outcome: 'reversed',
    code: wasBooked ? 'reversed' : 'nothing_to_reverse',
    providerId: sent.rrn,
    told: {
      ...told,
      data: {
        ...placeIn(sent, answer, wasBooked ? moves : []),
        originalStan: original.stan,
        originalDay: new Date(original.storedAtMs).toISOString().slice(0, 10),
      },
    },
  };
};

const toldBy = ({ profile, sent, answer, moves }: Reading, code: string): Told => {
  const isRefund = moves.includes('credit');
  const authorizationCode = fieldText(answer.fields[38]);
  const checks = readChecks(profile, answer.fields);
  return {
    networkCode: code,
    networkTransactionId: sent.rrn,
    ...(authorizationCode === null ? {} : { authorizationCode }),
    ...(checks === null ? {} : { checks }),
    ...(isRefund ? { trace: { kind: 'retrieval_reference_number', reference: sent.rrn } } : {}),
  };
};

const readChecks = (
  { checks: { field, order, words } }: AcquirerProfile,
  fields: Fields,
): NonNullable<Told['checks']> | null => {
  const said = fieldText(fields[field]);
  if (said === null) return null;
  const found: Partial<Record<(typeof order)[number], CheckResult>> = {};
  for (const [at, check] of order.entries()) {
    const word = words[said.charAt(at)];
    if (word !== undefined) found[check] = word;
  }
  return found;
};

/** For the books that are compared with the host's: see `clearing-entry.ts`. */
const placeIn = (
  sent: CardMessage,
  answer: Message,
  moves: readonly Moved[],
): Record<string, string> => ({
  host: sent.host,
  acquirer: sent.acquirer,
  terminal: sent.terminal,
  merchant: sent.merchant,
  rrn: sent.rrn,
  stan: sent.stan,
  hostDay: fieldText(answer.fields[15]) ?? '',
  ...(moves.length === 0 ? {} : { moved: moves.join(' ') }),
});

/** Field 15 has no year: it is the day of that name which is nearest. */
export const businessDayOf = (monthAndDay: string | null, nowMs: number): string => {
  const today = new Date(nowMs);
  if (monthAndDay === null || !/^\d{4}$/.test(monthAndDay)) return today.toISOString().slice(0, 10);
  const month = Number(monthAndDay.slice(0, 2)) - 1;
  const day = Number(monthAndDay.slice(2));
  const year = today.getUTCFullYear();
  const candidates = [year - 1, year, year + 1].map((each) => Date.UTC(each, month, day));
  const nearest = candidates.reduce((a, b) => (Math.abs(b - nowMs) < Math.abs(a - nowMs) ? b : a));
  return new Date(nearest).toISOString().slice(0, 10);
};
