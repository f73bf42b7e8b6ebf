// Messages as a host expects them, from what is remembered of them and from what is only in memory
// while they are sent: the card, and what the payer typed.

import type { Claim } from '#cards/three-ds';
import { present } from '#kit/assert';
import { type Fields, type Message, repeatOf } from '#kit/iso8583';
import type { CardMessage } from './card-message.ts';
import { currencyNumber } from './currencies.ts';
import type { AcquirerProfile, Entry, PrivateFact } from './profile.ts';

/** Digits. It lives as long as the message is being packed. */
export type CardInHand = {
  readonly number: string;
  /** YYMM. */
  readonly expiry: string;
  readonly cvc: string | null;
};

export type Facts = {
  readonly reference: string;
  /** What the payer reads on the statement; a bank that is told nothing prints what it knows the merchant by. */
  readonly descriptor?: string | undefined;
  readonly initiator?: 'payer' | 'merchant';
  readonly authentication?: {
    readonly eci: string;
    readonly cavv: string | null;
    readonly directoryServerTransactionId: string | null;
  } | null;
  readonly exemption?: Claim;
  readonly postalCode?: string | null;
  readonly addressLine1?: string | null;
  /** Of a completion. */
  readonly moreFollows?: boolean;
  /** Of an authorization that raises another. */
  readonly increments?: boolean;
};

export const PURCHASE = '000000';
export const REFUND = '200000';

export type Parts = {
  readonly message: CardMessage;
  readonly isRepeat: boolean;
  readonly processing: string;
  readonly card: CardInHand | null;
  readonly facts: Facts;
  readonly category?: string;
  readonly entry?: Entry;
  readonly authorizationCode?: string | null;
  /** Field 90. */
  readonly original?: string;
};

export const spellMessage = (profile: AcquirerProfile, parts: Parts): Message => {
  const { message, card, entry } = parts;
  const fields: Record<number, Fields[number]> = {
    3: parts.processing,
    4: String(message.amount).padStart(12, '0'),
    7: message.transmittedAt,
    11: message.stan,
    12: message.localTime,
    13: message.localDate,
    18: parts.category,
    22: entry?.mode,
    25: entry?.condition,
    32: message.acquirer,
    37: message.rrn,
    38: parts.authorizationCode ?? undefined,
    41: message.terminal.padEnd(8),
    42: message.merchant.padEnd(15),
    49: present(currencyNumber(message.currency), 'the number of a currency'),
    90: parts.original,
    ...(card === null ? {} : { 2: card.number, 14: card.expiry }),
    ...nameFields(profile, parts.facts),
    ...privateFields(profile, parts.facts, card),
  };
  const mti = parts.isRepeat ? present(repeatOf(message.mti), 'a repeat') : message.mti;
  return { mti, fields };
};

const nameFields = ({ merchantName }: AcquirerProfile, { descriptor }: Facts): Fields => {
  if (merchantName === null) return {};
  const name = typed(descriptor, merchantName.length);
  return name === null || name === '' ? {} : { [merchantName.field]: name.padEnd(40) };
};

const privateFields = (
  { privateData: { field, tags, exemptions } }: AcquirerProfile,
  facts: Facts,
  card: CardInHand | null,
): Fields => {
  const { authentication, exemption, initiator } = facts;
  const values: Readonly<Record<PrivateFact, string | null | undefined>> = {
    eci: authentication?.eci,
    cavv: authentication?.cavv,
    directoryServerTransactionId: authentication?.directoryServerTransactionId,
    exemption: exemption && exemptions[exemption],
    postalCode: typed(facts.postalCode, 16),
    addressLine1: typed(facts.addressLine1, 60),
    reference: facts.reference,
    initiator: initiator === undefined ? null : initiator === 'merchant' ? 'M' : 'C',
    moreFollows: facts.moreFollows === true ? '1' : null,
    increments: facts.increments === true ? '1' : null,
    cvc: card?.cvc,
  };
  const found = new Map<string, string>();
  // In the order of the tags: some hosts insist on it, and none minds.
  const byTag = (Object.entries(tags) as [PrivateFact, string][]).sort(([, a], [, b]) =>
    a < b ? -1 : 1,
  );
  for (const [fact, tag] of byTag) {
    const value = values[fact];
    if (value !== null && value !== undefined && value !== '') found.set(tag, value);
  }
  return found.size === 0 ? {} : { [field]: found };
};

/** What a payer typed, as far as a host can read it: letters lose their accents, the rest is left out. */
const typed = (text: string | null | undefined, length: number): string | null =>
  text === null || text === undefined
    ? null
    : text
        .normalize('NFKD')
        .replaceAll(/[^\x20-\x7e]/g, '')
        .trim()
        .slice(0, length);

/** Sign-on, sign-off, echo, key exchange: field 70 says which. */
export const networkMessage = (
  given: { readonly stan: string; readonly transmittedAt: string; readonly code: string },
  more: Fields = {},
): Message => ({
  mti: '0800',
  fields: { 7: given.transmittedAt, 11: given.stan, 70: given.code, ...more },
});

export const networkCodes = { signOn: '001', signOff: '002', keys: '101', echo: '301' } as const;
