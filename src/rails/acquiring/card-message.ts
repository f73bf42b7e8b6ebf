// A message as it is remembered: the numbers by which it, its repeat, its answer and its reversal are
// told from all others. Nothing of a card.

import type { Context } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rrnOf, spellOriginal, transmissionTime } from '#kit/iso8583';

/** The numbers are stored. */
export const messageStates = {
  /** Committed; its bytes may have left. */
  stored: 1,
  /** A reversal is stored for it, or it was found never to have left, and now never may. */
  taken_back: 2,
  /** Its answer came when nobody waited any more, and counted. */
  answered_late: 3,
  /** Its answer was not heard, and others said what the host had done: nothing takes it back any more. */
  acknowledged: 4,
  /** Of a reversal: the host did not know the original, which may still have been on its way. */
  too_early: 5,
  /** Of a reversal: the host would not take the original back, and has not. */
  refused: 6,
} as const;
export type MessageState = keyof typeof messageStates;

/** A reversal that the host has answered, and by which it has taken nothing back. */
export const tookNothing = ({ state }: Pick<CardMessage, 'state'>): boolean =>
  state === 'too_early' || state === 'refused';

export type CardMessage = {
  readonly operationId: Uuid;
  /** 0 asks for money; reversals of it count from 1. */
  readonly part: number;
  readonly host: string;
  readonly state: MessageState;
  /** As it was sent first. */
  readonly mti: string;
  readonly stan: string;
  readonly rrn: string;
  /** Field 7, of GMT. */
  readonly transmittedAt: string;
  /** Fields 12 and 13. */
  readonly localTime: string;
  readonly localDate: string;
  readonly acquirer: string;
  readonly terminal: string;
  readonly merchant: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly storedAtMs: number;
};

export type Place = Pick<CardMessage, 'host' | 'acquirer' | 'terminal' | 'merchant'>;

/** Local time is GMT here: hosts that want the merchant's own get it by their profile. */
export const newMessage = (
  { clock }: Pick<Context, 'clock'>,
  place: Place,
  given: Pick<CardMessage, 'operationId' | 'part' | 'mti' | 'stan' | 'amount' | 'currency'> & {
    /** Of what it is about; a message that begins something has one of its own. */
    readonly rrn?: string;
  },
): CardMessage => {
  const storedAtMs = clock.now();
  const at = new Date(storedAtMs);
  const transmittedAt = transmissionTime(at);
  return {
    host: place.host,
    acquirer: place.acquirer,
    terminal: place.terminal,
    merchant: place.merchant,
    ...given,
    rrn: given.rrn ?? rrnOf(at, given.stan),
    state: 'stored',
    transmittedAt,
    localTime: transmittedAt.slice(4),
    localDate: transmittedAt.slice(0, 4),
    storedAtMs,
  };
};

/** Field 90. */
export const originalOf = ({ mti, stan, transmittedAt, acquirer }: CardMessage): string =>
  spellOriginal({ mti, stan, transmittedAt, acquirer });
