// A merchant pays through an acquiring bank. What the gateway says is held against the bank's own books.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Authentication } from '#cards/three-ds';
import { newUuid } from '#kit/ids';
import { loadMessages } from '#rails/acquiring';
import { asOwner } from '../../src/for-tests.ts';
import { newWorld, type World } from './support/world.ts';

/** The bank of the card says that this is its holder, for a payment of 25 euros. */
const authenticate = async ({ bank, context }: World, number: string): Promise<Authentication> => {
  bank.setAuthentication(number, 'frictionless');
  const answer = await fetch(bank.directoryUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      messageType: 'AReq',
      messageVersion: '2.2.0',
      messageCategory: '01',
      threeDSServerTransID: newUuid(context),
      threeDSServerURL: 'http://shop.test/results',
      notificationURL: 'http://shop.test/back',
      acctNumber: number,
      acquirerBIN: '12345',
      acquirerMerchantID: 'MERCHANT0000001',
      merchantName: 'A shop',
      mcc: '5999',
      merchantCountryCode: '276',
      browserAcceptHeader: 'text/html',
      browserUserAgent: 'a browser',
      purchaseAmount: '2500',
      purchaseCurrency: '978',
      purchaseExponent: '2',
      purchaseDate: '20261120120000',
    }),
  });
  const said = (await answer.json()) as Record<string, string>;
  assert.equal(said['transStatus'], 'Y', JSON.stringify(said));
  return {
    outcome: 'authenticated',
    version: '2.2.0',
    eci: said['eci'] ?? '',
    cavv: said['authenticationValue'] ?? null,
    directoryServerTransactionId: said['dsTransID'] ?? null,
    exemption: null,
  };
};

for (const dialect of ['ascii', 'bcd'] as const) {
  describe(`over ${dialect}`, async () => {
    const world = await newWorld({ sandbox: { dialect } });

    test('a link that is up says so: the way to its bank is open at once', async (t) => {
      const { mock } = t.mock.method(world.rails.parts.outgoing.gates, 'reachable');
      await world.pay();
      await world.pay();
      assert.deepEqual(
        mock.calls.map(({ arguments: told }) => told),
        [[world.account]],
      );
    });

    test('a sale is approved, and the bank has it once, under our reference', async () => {
      const { operation, conclusion } = await world.pay({ amount: 4_200n });
      assert.equal(operation.state, 'approved');
      const [live, ...more] = world.live(operation.reference);
      assert.deepEqual(more, []);
      assert.equal(live?.capturedMinor, 4_200n);
      assert.equal(live?.currency, '978');
      assert.equal(live?.card, world.bank.cardToken('4242424242424242'));
      assert.match(conclusion.told?.authorizationCode ?? '', /^[A-Z2-9]{6}$/);
      assert.equal(conclusion.providerId, live?.reference);
      assert.equal(conclusion.told?.networkTransactionId, live?.reference);
      assert.equal(conclusion.told?.networkCode, '00');
    });

    test('security code and address are checked, and told', async () => {
      const cvcFor = newUuid(world.context);
      const card = await world.card('4000000000000028', { cvc: '123', cvcFor });
      const { conclusion } = await world.send({
        kind: 'sale',
        request: world.payment(card, {
          method: { type: 'card', card, cvcFor, brand: 'visa', funding: 'credit', country: 'US' },
          billing: {
            name: null,
            email: null,
            line1: 'Façade 1',
            postalCode: '75001',
            country: 'FR',
          },
        }),
      });
      assert.deepEqual(conclusion.told?.checks, {
        cvc: 'pass',
        addressLine1: 'fail',
        postalCode: 'pass',
      });
    });

    test('an authenticated payer is known to the bank', async () => {
      const card = await world.card('4000002760003184');
      const without = await world.pay({ card: '4000002760003184' });
      assert.equal(without.operation.state, 'declined');
      assert.equal(without.operation.code, 'authentication_required');
      const request = world.payment(card, {
        authentication: await authenticate(world, '4000002760003184'),
      });
      assert.equal((await world.send({ kind: 'sale', request })).operation.state, 'approved');
    });

    test('why its holder was not asked is told to the bank, which may not grant it', async () => {
      const card = await world.card('4000002760000016');
      const request = world.payment(card, { exemption: 'low_value' });
      for (const [amount, state] of [
        [3_000n, 'approved'],
        [3_001n, 'declined'],
      ] as const) {
        const { operation } = await world.send({ kind: 'sale', currency: 'eur', amount, request });
        assert.equal(operation.state, state);
        const last = world.bank.journal().lines.findLast(({ fact }) => 'request' in fact)?.fact;
        assert.ok(last !== undefined && 'request' in last);
        assert.deepEqual(
          [last.request.exemption, last.answer[39]],
          ['LV', state === 'approved' ? '00' : '1A'],
        );
      }
    });

    test('what its payer shall read is told to the bank, and may be said anew with the capture', async () => {
      const told = () => world.bank.journal().lines.findLast(({ fact }) => 'request' in fact)?.fact;
      const nameOf = (fact: ReturnType<typeof told>) =>
        fact !== undefined && 'request' in fact ? fact.request.name : undefined;
      const card = await world.card();
      const send = async (descriptor: string) => {
        const request = world.payment(card, { descriptor });
        return (await world.send({ kind: 'authorize', request })).operation;
      };

      await send('');
      assert.equal(nameOf(told()), undefined);
      await send('TEA HOUSE* ORDER 7 OF MAY 3');
      assert.equal(nameOf(told()), 'TEA HOUSE* ORDER 7 OF MAY');
      const { id, intentId } = await send('CAFÉ 茶');
      assert.equal(nameOf(told()), 'CAFE');
      await world.follow('capture', id, { intentId, descriptor: 'CAFE 2 CUPS' });
      assert.equal(nameOf(told()), 'CAFE 2 CUPS');
    });

    test('a card is verified without money', async () => {
      const request = world.payment(await world.card());
      const { operation } = await world.send({ kind: 'verify', amount: 0n, request });
      assert.equal(operation.state, 'approved');
      assert.deepEqual(world.live(operation.reference), []);
    });

    const declines: readonly (readonly [card: string, reason: string, code: string])[] = [
      ['4000000000000002', 'generic_decline', '05'],
      ['4000000000000119', 'processing_error', '30'],
      ['4000000000009995', 'insufficient_funds', '51'],
      ['4000000000009987', 'lost_card', '41'],
      ['4000000000009979', 'stolen_card', '43'],
      ['4000000000006975', 'card_velocity_exceeded', '61'],
      ['4000000000000069', 'expired_card', '54'],
      ['4100000000000019', 'fraudulent', '59'],
      ['4000000000000051', 'incorrect_number', '14'],
    ];
    for (const [card, reason, code] of declines) {
      test(`the bank says ${code}: ${reason}`, async () => {
        const { operation, conclusion } = await world.pay({ card });
        assert.equal(operation.state, 'declined');
        assert.equal(operation.code, reason);
        assert.equal(conclusion.told?.networkCode, code);
        assert.deepEqual(world.live(operation.reference), []);
      });
    }

    test('a malfunction of the bank is not a no: it is unknown, and reversed', async () => {
      world.bank.setFaults([
        { id: '96', kind: 'decline', code: '96', times: 1, when: { mti: '0200' } },
      ]);
      const { operation } = await world.pay();
      assert.equal(operation.state, 'unknown');
      assert.equal(operation.code, 'host_96');
      await world.resolve();
      assert.deepEqual(world.live(operation.reference), []);
    });

    test('an authorization is captured in parts, and the rest is let go', async () => {
      const request = world.payment(await world.card());
      const { operation } = await world.send({ kind: 'authorize', amount: 9_000n, request });
      const { id, reference, intentId } = operation;
      assert.equal(world.live(reference)[0]?.heldMinor, 9_000n);
      const first = await world.follow('capture', id, { amount: 2_000n, isLast: false, intentId });
      assert.equal(first.operation.state, 'approved');
      assert.equal(world.live(reference)[0]?.heldMinor, 7_000n);
      const second = await world.follow('capture', id, { amount: 3_000n, intentId, ordinal: 2 });
      assert.equal(second.operation.state, 'approved');
      const [live] = world.live(reference);
      assert.deepEqual([live?.heldMinor, live?.capturedMinor], [0n, 5_000n]);
      const tooMuch = await world.follow('capture', id, { amount: 1n, intentId, ordinal: 3 });
      assert.equal(tooMuch.operation.state, 'declined');
    });

    test('an authorization is voided', async () => {
      const request = world.payment(await world.card());
      const { operation } = await world.send({ kind: 'authorize', request });
      const { intentId } = operation;
      const voided = await world.follow('void', operation.id, { intentId });
      assert.equal(voided.operation.state, 'approved');
      assert.deepEqual(world.live(operation.reference), []);
      const again = await world.follow('void', operation.id, { intentId, ordinal: 2 });
      assert.equal(again.operation.state, 'approved');
    });

    test('a captured authorization cannot be voided any more', async () => {
      const request = world.payment(await world.card());
      const { operation } = await world.send({ kind: 'authorize', request });
      await world.follow('capture', operation.id, {});
      const voided = await world.follow('void', operation.id, {});
      assert.equal(voided.operation.state, 'declined');
      assert.equal(world.live(operation.reference)[0]?.capturedMinor, 2_500n);
    });

    test('a sale is refunded in parts, and never more than was taken', async () => {
      const { operation } = await world.pay();
      const { id, reference, intentId } = operation;
      await world.follow('refund', id, { amount: 1_000n, intentId });
      const second = await world.follow('refund', id, { amount: 1_500n, intentId, ordinal: 2 });
      assert.equal(second.operation.state, 'approved');
      assert.equal(world.live(reference)[0]?.refundedMinor, 2_500n);
      const third = await world.follow('refund', id, { amount: 1n, intentId, ordinal: 3 });
      assert.equal(third.operation.state, 'declined');
    });

    test('a refund follows a capture as well', async () => {
      const request = world.payment(await world.card());
      const { operation } = await world.send({ kind: 'authorize', request });
      const capture = await world.follow('capture', operation.id, {});
      const refund = await world.follow('refund', capture.operation.id, {});
      assert.equal(refund.operation.state, 'approved');
      assert.equal(world.live(operation.reference)[0]?.refundedMinor, 2_500n);
    });

    test('amounts are sent in the units of their currency', async () => {
      for (const [currency, number] of [
        ['jpy', '392'],
        ['kwd', '414'],
        ['usd', '840'],
      ] as const) {
        const { operation } = await world.pay({ currency, amount: 12_345n });
        assert.equal(operation.state, 'approved');
        const [live] = world.live(operation.reference);
        assert.deepEqual([live?.currency, live?.capturedMinor], [number, 12_345n]);
      }
    });

    test('a card that is gone from the vault sends nothing', async () => {
      const card = await world.card('4012888888881881');
      await world.vault.deleteCard(world.context, { scope: world.scope, card, why: 'test' });
      const { operation } = await world.send({ kind: 'sale', request: world.payment(card) });
      assert.equal(operation.state, 'not_sent');
      assert.equal(operation.code, 'card_gone');
    });

    test('nothing of a card is in what the gateway wrote', async () => {
      const rows = await asOwner(
        world.context.on,
        `select m::text as text from rails.card_messages m union all
         select e::text from rails.evidence e union all
         select c::text from rails.clearing_entries c union all
         select d::text from rails.dead_letters d`,
      );
      assert.ok(rows.length > 20);
      for (const { text } of rows) {
        assert.doesNotMatch(String(text), /4242424242424242|40000000000000|4000002760003184/);
        // When a card expires, alone: a reference holds the day and the hour, as `6334 12` on a 30 November.
        assert.doesNotMatch(String(text), /(?<![\w-])3412(?![\w-])/);
      }
    });

    test('after all this everything is as it should be', async () => {
      const { operation } = await world.pay();
      const [message, ...more] = await loadMessages(world.context, world.scope, operation.id);
      assert.deepEqual(more, []);
      assert.equal(message?.rrn.slice(-6), message?.stan);
      await world.assertHealthy();
    });
  });
}
