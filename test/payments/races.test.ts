// Money that two want at once: however they race, nothing goes over what was authorized or captured, and the
// bank tells the same story as our books.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { runs } from '../support/full.ts';
import { openSides } from '../support/sides.ts';
import type { RacesSide } from './races.ts';

const ROUNDS = runs(12, 10_000);

const sides = await openSides<RacesSide>(new URL('./races.ts', import.meta.url));

const race = async (name: Exclude<keyof RacesSide, 'tellOneStory'>): Promise<void> => {
  await sides.ask(name, () => Math.ceil(ROUNDS / sides.count));
};

describe('money that two want at once', () => {
  test(`is either captured or let go, ${ROUNDS} times`, () => race('captureAndCancel'));

  test(`is given back once, however many ask, ${ROUNDS} times`, () => race('refundAndRefund'));

  test(`is either paid or canceled, ${ROUNDS} times`, () => race('confirmAndCancel'));

  test(`is given back or charged back, and never both, ${ROUNDS} times`, () =>
    race('refundAndChargeback'));

  test('and the bank tells the same story, with nothing left open', async () => {
    for (const payments of await sides.ask('tellOneStory', () => undefined)) {
      assert.ok(payments > 0);
    }
  });
});
