// A decoded message as a request to the world. A message without the numbers by which it would be
// found again cannot be answered; one that lacks anything else is answered with a format error.

import {
  type Fields,
  type FieldValue,
  isRrn,
  isStan,
  type Message,
  parseOriginal,
  parseProcessingCode,
  type Tags,
} from '#kit/iso8583';
import { cardTokenOf, fingerprintOf } from '../context.ts';
import { readHostDay } from '../world/host-day.ts';
import type { Request, RequestIdentity, RequestKind } from '../world/request.ts';
import type { Totals } from '../world/totals.ts';

export type Read =
  | { readonly ok: true; readonly request: Request }
  /** Field 39 of the answer, or nothing that could be answered. */
  | { readonly ok: false; readonly code: string | undefined };

const unanswerable: Read = { ok: false, code: undefined };
const wrongFormat: Read = { ok: false, code: '30' };

export const readRequest = (seed: string, message: Message, nowMs: number): Read => {
  const { fields } = message;
  const stan = text(fields[11]);
  const rrn = text(fields[37]);
  const terminal = text(fields[41]);
  const transmittedAt = text(fields[7]);
  if (transmittedAt === undefined || stan === undefined || !isStan(stan)) return unanswerable;
  if (terminal === undefined || rrn === undefined || !isRrn(rrn)) return wrongFormat;
  const tags = tagsOf(fields[48]);
  const kind = kindOf(message, tags);
  if (kind === undefined) return { ok: false, code: '40' };

  const cardNumber = text(fields[2]);
  const amountMinor = amountOf(fields);
  const currency = text(fields[kind === 'totals' ? 50 : 49]);
  if (currency === undefined || !/^\d{3}$/.test(currency)) return wrongFormat;
  if (kind !== 'totals' && amountMinor === undefined) return wrongFormat;
  const asksForMoney = asking.has(kind);
  if (asksForMoney && cardNumber === undefined) return wrongFormat;
  const parsed = parseOriginal(text(fields[90]) ?? '');
  const isAboutAnother = kind === 'reversal' || kind === 'increment';
  if (isAboutAnother && parsed === undefined) return wrongFormat;

  const traceOf = (number: string, at: string): string => `${terminal.trim()}/${number}/${at}`;
  const original = parsed && traceOf(parsed.stan, parsed.transmittedAt);
  const date = text(fields[13]) ?? transmittedAt.slice(0, 4);
  const card = cardNumber === undefined ? undefined : cardTokenOf(seed, cardNumber);
  const identity: RequestIdentity = {
    key: [message.mti.slice(0, 2), date, terminal.trim(), rrn, stan].join('/'),
    trace: traceOf(stan, transmittedAt),
    kind,
    mti: message.mti,
    stan,
    rrn,
    terminal: terminal.trim(),
    merchant: text(fields[42])?.trim() || 'unnamed',
    institution: text(fields[32]) ?? '0',
    ...optional('paymentReference', tags.get('70')),
    ...optional('name', text(fields[43])?.trim()),
    ...optional('card', card),
    ...optional('exemption', tags.get('45')),
    amountMinor: amountMinor ?? 0n,
    currency,
    fingerprint: fingerprintOf(
      seed,
      kind,
      card ?? '',
      String(amountMinor),
      currency,
      original ?? '',
      ...totalsFields.map((field) => text(fields[field]) ?? ''),
    ),
  };
  const request: Request = {
    identity,
    asked: askedOf(fields, tags, amountMinor ?? 0n),
    proof: {
      ...optional('eci', tags.get('42')),
      ...optional('cavv', tags.get('43')),
      ...optional('transaction', tags.get('44')),
    },
    moreFollows: tags.get('72') === '1',
    isAdvice: message.mti.charAt(2) === '2',
    ...optional('cardNumber', cardNumber),
    ...optional('original', original),
    ...optional('authorizationCode', text(fields[38])?.trim()),
    ...(kind === 'totals' ? { totals: totalsOf(fields), ...upToDayOf(fields, nowMs) } : {}),
  };
  return { ok: true, request };
};

const asking: ReadonlySet<RequestKind> = new Set([
  'authorization',
  'increment',
  'purchase',
  'refund',
]);

const kindOf = (
  { mti, fields }: Message,
  tags: ReadonlyMap<string, string>,
): RequestKind | undefined => {
  const code = parseProcessingCode(text(fields[3]) ?? '')?.transaction;
  const isAdvice = mti.charAt(2) === '2';
  switch (mti.slice(0, 2)) {
    case '01':
      if (tags.get('73') === '1') return code === 'purchase' ? 'increment' : undefined;
      return code === 'purchase' || code === 'cardVerification' ? 'authorization' : undefined;
    case '02':
      if (code === 'refund') return 'refund';
      if (code !== 'purchase') return undefined;
      return isAdvice ? 'completion' : 'purchase';
    case '04':
      return 'reversal';
    case '05':
      return 'totals';
    default:
      return undefined;
  }
};

/** A completion may name another amount than the authorization in its replacement amounts. */
const amountOf = (fields: Fields): bigint | undefined => {
  const given = text(fields[95])?.slice(0, 12) ?? text(fields[4]);
  return given !== undefined && /^\d+$/.test(given) ? BigInt(given) : undefined;
};

/** How the number came, as field 22 begins: from where the merchant keeps it. */
const ON_FILE = '10';

const askedOf = (
  fields: Fields,
  tags: ReadonlyMap<string, string>,
  amountMinor: bigint,
): Request['asked'] => ({
  amountMinor,
  initiatedBy: tags.get('71') === 'M' ? 'merchant' : 'cardholder',
  isOnFile: text(fields[22])?.startsWith(ON_FILE) === true,
  ...optional('expiry', text(fields[14])),
  ...optional('cvc', tags.get('92')),
  ...optional('postalCode', tags.get('61')),
  ...optional('addressLine', tags.get('62')),
});

const totalsFields = [74, 75, 76, 77, 86, 87, 88, 89] as const;

const totalsOf = (fields: Fields): Totals => {
  const total = (count: number, amount: number) => ({
    count: Number(text(fields[count]) ?? 0),
    amountMinor: BigInt(text(fields[amount]) ?? 0),
  });
  return {
    credits: total(74, 86),
    creditsReversed: total(75, 87),
    debits: total(76, 88),
    debitsReversed: total(77, 89),
  };
};

const upToDayOf = (fields: Fields, nowMs: number) =>
  optional('upToDay', readHostDay(text(fields[15]) ?? '', nowMs));

const text = (value: FieldValue | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

const tagsOf = (value: FieldValue | undefined): ReadonlyMap<string, string> => {
  const tags = new Map<string, string>();
  if (!(value instanceof Map)) return tags;
  for (const [tag, inner] of value as Tags) if (typeof inner === 'string') tags.set(tag, inner);
  return tags;
};

const optional = <Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { readonly [N in Name]?: Value } =>
  (value === undefined ? {} : { [name]: value }) as { readonly [N in Name]?: Value };
