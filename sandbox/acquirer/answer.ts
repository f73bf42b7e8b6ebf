// The answer to a message: what it repeats of the request, never the card's number, and what was decided.

import { assert } from '#kit/assert';
import { answerOf, type Fields, type Message, repeatOf } from '#kit/iso8583';
import { dayOf } from '../bank/calendar.ts';
import { spellHostDay } from '../world/host-day.ts';
import type { Answer } from '../world/request.ts';

const repeated = [3, 4, 7, 11, 12, 13, 32, 37, 41, 42, 49, 50, 70] as const;

export const answerTo = (request: Message, answer: Answer, nowMs: number): Message => {
  const mti = answerOf(request.mti);
  assert(mti !== undefined, 'Only a request is answered');
  const fields: Record<number, Fields[number]> = {};
  for (const field of repeated) fields[field] = request.fields[field];
  // What was not decided has no other day than today.
  if (!mti.startsWith('08')) fields[15] = spellHostDay(dayOf(nowMs));
  return { mti, fields: { ...fields, ...answer } };
};

export const expectsAnswer = (message: Message): boolean => repeatOf(message.mti) !== undefined;

/** A hundred more than is true, in the first field that tells an amount. */
export const withWrongAmount = (answer: Message): Message => {
  for (const field of [4, 88]) {
    const amount = answer.fields[field];
    if (typeof amount !== 'string') continue;
    const wrong = String(BigInt(amount) + 100n).padStart(field === 4 ? 12 : 16, '0');
    return { ...answer, fields: { ...answer.fields, [field]: wrong } };
  }
  return answer;
};

export const withWrongCurrency = (answer: Message): Message => {
  const field = answer.fields[49] === undefined ? 50 : 49;
  const wrong = answer.fields[field] === '978' ? '840' : '978';
  return { ...answer, fields: { ...answer.fields, [field]: wrong } };
};

/** A host that breaks down has no authorization code to tell. */
export const withCode = (answer: Message, code: string): Message => ({
  ...answer,
  fields: { ...answer.fields, 38: undefined, 39: code },
});

/** The number that is waited for, and everything else of another answer. */
export const withAnswerOf = (answer: Message, other: Message | undefined): Message => {
  const { 7: transmittedAt, 11: stan } = answer.fields;
  const strange = other?.fields ?? { ...answer.fields, 37: '999999999999', 38: 'SWAPPD' };
  return { mti: answer.mti, fields: { ...strange, 7: transmittedAt, 11: stan } };
};
