import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brandOf, riskOfTestCard, testCardById, testCards } from '#cards/bins';
import { passesLuhn } from '#kit/log';

test('every test card is a number that its network could have issued', () => {
  for (const card of testCards) {
    assert.ok(passesLuhn(card.number), card.suffixes[0] ?? card.number.slice(-4));
    assert.equal(brandOf(card.number), card.brand, card.number.slice(-4));
  }
});

test('no number and no ready-made id stands twice', () => {
  assert.equal(new Set(testCards.map((card) => card.number)).size, testCards.length);
  const suffixes = testCards.flatMap((card) => card.suffixes);
  assert.equal(new Set(suffixes).size, suffixes.length);
});

test('the risk of a charge is that of its test card, which no other card is taken for', () => {
  const risky = testCards.filter(({ number, brand }) => riskOfTestCard(brand, number.slice(-4)));
  assert.deepEqual(
    risky.map(({ suffixes: [suffix], number }) => [
      suffix,
      riskOfTestCard('visa', number.slice(-4)),
    ]),
    [
      ['riskLevelHighest', 'highest'],
      ['riskLevelElevated', 'elevated'],
      ['cvcCheckFailElevatedRisk', 'elevated'],
      ['avsZipFailElevatedRisk', 'elevated'],
    ],
  );
});

test('a test card is found by its number and by both of its ready-made ids', () => {
  assert.equal(testCardById('pm_card_visa')?.number.slice(-4), '4242');
  assert.equal(testCardById('tok_visa'), testCardById('pm_card_visa'));
  assert.equal(testCardById('pm_card_us'), testCardById('pm_card_visa'));
  assert.equal(testCardById('tok_chargeDeclinedExpiredCard')?.attach?.code, 'expired_card');
  assert.equal(testCardById('pm_card_gb')?.country, 'GB');
  assert.equal(testCardById('pm_card_unknown'), undefined);
  assert.equal(testCardById('cus_visa'), undefined);
  const ofNumber = (number: string) => testCards.find((card) => card.number === number);
  assert.equal(ofNumber('4000000000000002')?.attach?.declineCode, 'generic_decline');
  assert.equal(ofNumber('4000000000000341')?.attach, undefined);
});
