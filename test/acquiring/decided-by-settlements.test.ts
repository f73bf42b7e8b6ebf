// What a settlement says of a payment whose answer nobody heard, or of which a person said something else: the bank and
// the books count the same, and a reversal that is on its way is never given up for a line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import { loadMessages } from '#rails/acquiring';
import { explainLine, heardBy, listLines } from '#rails/connectors';
import { loadOperation, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { controlOf } from '../sandbox/support/control.ts';
import { charge, codeOf, connectGateway, reversal } from '../sandbox/support/gateway.ts';
import { bookMovements } from '../support/book-movements.ts';
import {
  decide,
  directionsOf,
  loseReversal,
  loseSale,
  refusedForADay,
  reverse,
} from './support/decisions.ts';
import { newWorld, type Sent, stateOf, type World } from './support/world.ts';

// Each has a world of its own, and waits for answers that do not come.
const atOnce = { concurrency: 4 };
describe('a line of a settlement', atOnce, () => {
  const settling = async () => {
    const world = await newWorld({
      timeoutMs: 2_000,
      settings: ({ ports }) => ({
        settlement_url: `http://127.0.0.1:${ports.control}/acquirer/settlements`,
      }),
    });
    const { context, scope, rails, bank } = world;
    return {
      ...world,
      settle: () => controlOf(bank.ports.control).send('POST', '/cut-over', {}),
      hear: async (): Promise<void> => {
        await bookMovements(context);
        for (const table of ['settlement_feeds', 'settlement_lines']) {
          await asOwner(
            context.on,
            `update rails.${table} set due_at = now() - interval '1 hour', leased_until = null
              where due_at is not null`,
          );
        }
        while ((await hearOfSettlements(rails.parts, context)) > 0);
      },
      lines: async () =>
        (await listLines(context, scope, { onlyForPerson: false, limit: 100 })).map(
          ({ row, state }) => `${row.kind} ${row.gross} ${state}`,
        ),
    };
  };

  test('about what is being taken back waits until that is over', async () => {
    const world = await settling();
    const lost = await loseSale(world);
    await world.settle();
    // The bank has settled it, and goes away before it hears of the reversal.
    world.bank.setFaults([{ id: 'down', kind: 'down', times: 1, when: { mti: '042' } }]);
    await world.resolve(1);
    await world.hear();
    assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'unknown');
    assert.deepEqual(await world.lines(), ['payment 650 waiting']);

    await world.resolve();
    assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'reversed');
    assert.deepEqual(world.live(lost.operation.reference), []);
    await world.hear();
    assert.deepEqual(await world.lines(), ['payment 650 fits']);
    assert.deepEqual(await directionsOf(world, lost), [1, 2]);
    await world.assertHealthy();
  });

  test('about what the bank will not take back waits for the yes of a person, who can say nothing else', async () => {
    const world = await settling();
    const { context, scope, bank } = world;
    const lost = await refusedForADay(world);
    const { id } = lost.operation;
    await world.settle();
    await world.hear();
    assert.equal(await stateOf(context, scope, id), 'human');
    assert.deepEqual(await world.lines(), ['payment 650 waiting']);
    assert.deepEqual(await decide(world, lost, 'declined'), { ok: false, code: 'settled' });

    assert.equal((await decide(world, lost, 'approved')).ok, true);
    assert.deepEqual(await directionsOf(world, lost), [1]);
    const before = bank.journal().lines.length;
    assert.deepEqual(await reverse(world, lost), { outcome: 'unknown', code: 'moved_meanwhile' });
    assert.equal(bank.journal().lines.length, before);
    await world.hear();
    assert.deepEqual(await world.lines(), ['payment 650 fits']);
    const refund = await world.follow('refund', id, { amount: 50n });
    assert.equal(refund.operation.state, 'approved');
    await world.assertHealthy();
  });

  test('about what was called declined is for a person, and fits once they call it approved', async () => {
    const world = await settling();
    const { context, scope } = world;
    const lost = await refusedForADay(world);
    const other = await world.pay({ amount: 100n });
    const { id } = lost.operation;
    await world.settle();
    assert.equal((await decide(world, lost, 'declined')).ok, true);
    await world.hear();
    assert.equal(await stateOf(context, scope, id), 'declined');
    const heard = async () => (await world.lines()).toSorted();
    assert.deepEqual(await heard(), ['payment 100 fits', 'payment 650 fits_nothing']);

    assert.equal((await decide(world, lost, 'approved')).ok, true);
    assert.deepEqual(await directionsOf(world, lost), [1]);
    assert.deepEqual(await heard(), ['payment 100 fits', 'payment 650 waiting']);
    await world.hear();
    assert.deepEqual(await heard(), ['payment 100 fits', 'payment 650 fits']);
    assert.equal(await stateOf(context, scope, other.operation.id), 'approved');
  });

  test('about what was called declined and that a person has explained stays explained', async () => {
    const world = await settling();
    const { context, scope } = world;
    const lost = await refusedForADay(world);
    await world.settle();
    assert.equal((await decide(world, lost, 'declined')).ok, true);
    await world.hear();
    const [line] = await listLines(context, scope, { onlyForPerson: true, limit: 1 });
    const explained = {
      id: present(line, 'a line').id,
      explanation: 'theirs',
      atMs: context.clock.now(),
    };
    await context.database.commit(scope, [explainLine(scope, explained)]);
    assert.equal((await decide(world, lost, 'approved')).ok, true);
    assert.deepEqual(await world.lines(), ['payment 650 fits_nothing']);
  });

  /** As if the sale had hung in a queue of the bank until its reversal was over. */
  const saysOnReversal = async (world: World, lost: Sent, code: string): Promise<void> => {
    const { context, scope } = world;
    const { id } = lost.operation;
    const [, reversal] = await loadMessages(context, scope, id);
    assert.equal(reversal?.state, 'stored');
    assert.equal((await decide(world, lost, 'reversed')).ok, true);
    await asOwner(context.on, `update rails.operations set code = $2 where id = $1`, [id, code]);
    await asOwner(context.on, 'alter table rails.evidence disable trigger user');
    await asOwner(
      context.on,
      `update rails.evidence set says = jsonb_build_object('outcome', 'reversed', 'code', $2::text), kind = 1
        where operation_id = $1 and says->>'outcome' = 'reversed'`,
      [id, code],
    );
    await asOwner(context.on, 'alter table rails.evidence enable trigger user');
  };

  test('about what the bank had said there was nothing of to reverse is for a person', async () => {
    const world = await settling();
    const lost = await loseSale(world);
    await world.settle();
    await loseReversal(world);
    await saysOnReversal(world, lost, 'nothing_to_reverse');
    await world.hear();
    assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'reversed');
    assert.deepEqual(await world.lines(), ['payment 650 fits_nothing']);
  });

  test('about what a person called reversed while the bank did not know it is for a person', async () => {
    const world = await settling();
    const lost = await loseSale(world);
    await world.settle();
    world.bank.setFaults([
      { id: 'none', kind: 'decline', code: '25', times: 2, when: { mti: '042' } },
    ]);
    await world.resolve(1);
    assert.equal((await decide(world, lost, 'reversed')).ok, true);
    await world.hear();
    assert.deepEqual(await world.lines(), ['payment 650 fits_nothing']);
  });

  test('about what the bank had nothing of when it was reversed has it reversed once more', async () => {
    const world = await settling();
    const lost = await loseSale(world);
    await world.settle();
    await loseReversal(world);
    await saysOnReversal(world, lost, 'no_original');
    const { context, scope } = world;
    const { id } = lost.operation;
    const jobs = () =>
      asOwner(
        context.on,
        `select 1 as one from platform.jobs
          where name = 'rails.reverse_again' and payload->>'operation' = $1`,
        [id],
      );
    await world.hear();
    assert.equal((await jobs()).length, 1);
    assert.deepEqual(await world.lines(), ['payment 650 fits']);
    assert.equal((await loadOperation(context, scope, id))?.state, 'reversed');
    // Said again by another line, it is under way already.
    await asOwner(
      context.on,
      `update rails.settlement_lines set state = 1, key = key || ' again', due_at = now()`,
    );
    await world.hear();
    assert.equal((await jobs()).length, 1);
  });

  test('over another amount takes nothing back of what its bank is at work on, and books nothing twice', async () => {
    const world = await settling();
    const { context, scope } = world;
    const sale = await world.pay({ amount: 900n, card: '4000000000007726' });
    const refund = await world.follow('refund', sale.operation.id, { amount: 300n });
    const { id } = refund.operation;
    assert.equal(await stateOf(context, scope, id), 'pending');
    const known = async () => ({
      messages: (await loadMessages(context, scope, id)).map(({ part, state }) => [part, state]),
      counted: await directionsOf(world, refund),
      state: await stateOf(context, scope, id),
      jobs: await asOwner(
        context.on,
        `select 1 as one from platform.jobs where payload->>'operation' = $1`,
        [id],
      ),
    });
    const before = await known();
    assert.deepEqual([before.counted, before.jobs], [[3], []]);
    for (const outcome of ['approved', 'reversed'] as const) {
      const heard = await recordEvidence(context, scope, {
        operationId: id,
        evidence: {
          kind: 'settlement_line',
          sourceKey: `${outcome} over less`,
          says: { outcome, amount: 200n, currency: 'eur', reference: refund.operation.reference },
        },
        writes: (change) => heardBy(operationListeners, context, scope, change),
      });
      assert.equal(heard.ok, true);
      assert.deepEqual(await known(), before);
    }
    assert.deepEqual((await loadOperation(context, scope, id))?.alerts, ['amount_differs']);
    assert.equal((await decide(world, refund, 'approved')).ok, true);
  });

  test('that says that it was taken back ends its reversal, and both are counted', async () => {
    const world = await settling();
    const { context, scope } = world;
    const lost = await loseSale(world);
    await world.settle();
    await loseReversal(world);
    await world.settle();
    await world.hear();
    assert.equal(await stateOf(context, scope, lost.operation.id), 'reversed');
    assert.deepEqual(await directionsOf(world, lost), [1, 2]);
    await world.hear();
    const heard = (await world.lines()).toSorted();
    assert.deepEqual(heard, ['payment 650 fits', 'payment_reversal -650 fits']);
    await world.assertHealthy();
  });

  test('that says that what stands was taken back takes it back, in the file too', async () => {
    const world = await settling();
    const { context, scope, bank } = world;
    const sale = await world.pay({ amount: 900n });
    await world.settle();
    const [first] = await loadMessages(context, scope, sale.operation.id);
    const { stan, rrn, transmittedAt } = present(first, 'its message');
    const people = await connectGateway(bank.ports.acquirer);
    const fields = { 7: transmittedAt, 11: stan, 37: rrn };
    const undone = await people.ask(reversal(77, charge(1, { amount: 900, more: fields })));
    assert.equal(codeOf(undone), '00');
    people.close();
    await world.settle();
    await world.hear();
    assert.equal(await stateOf(context, scope, sale.operation.id), 'reversed');
    assert.deepEqual(await directionsOf(world, sale), [1, 2]);
    const heard = (await world.lines()).toSorted();
    assert.deepEqual(heard, ['payment 900 fits', 'payment_reversal -900 fits']);
    await world.assertHealthy();
  });

  test('about a refund of which we took back the first try fits it, also where it was then made anew', async () => {
    const world = await settling();
    const { context, scope, bank } = world;
    const sale = await world.pay({ amount: 900n });
    const { id, intentId } = sale.operation;
    bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
    const lost = await world.follow('refund', id, { amount: 300n, intentId, ordinal: 1 });
    await world.settle();
    await world.resolve();
    assert.equal(await stateOf(context, scope, lost.operation.id), 'reversed');
    const anew = await world.follow('refund', id, { amount: 300n, intentId, ordinal: 2 });
    await world.settle();
    await world.hear();
    assert.equal(await stateOf(context, scope, anew.operation.id), 'approved');
    assert.deepEqual((await world.lines()).toSorted(), [
      'payment 900 fits',
      'refund -300 fits',
      'refund -300 fits',
      'refund_failure 300 fits',
    ]);
    await world.assertHealthy();
  });

  test('about a refund that did not arrive while it was being taken back counts it as the bank does', async () => {
    const world = await settling();
    const { context, scope, bank } = world;
    const sale = await world.pay({ amount: 900n, card: '4000000000005126' });
    bank.setFaults([
      { id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } },
      { id: 'down', kind: 'down', times: 1, when: { mti: '042' } },
    ]);
    const { id, intentId } = sale.operation;
    const lost = await world.follow('refund', id, { amount: 300n, intentId, ordinal: 1 });
    await world.resolve(1);
    assert.equal(await stateOf(context, scope, lost.operation.id), 'unknown');
    await world.settle();
    await controlOf(bank.ports.control).advance(5_000);
    await world.settle();
    await world.hear();
    assert.equal(await stateOf(context, scope, lost.operation.id), 'reversed');
    assert.deepEqual(await directionsOf(world, lost), [3]);
    await world.hear();
    assert.deepEqual((await world.lines()).toSorted(), [
      'payment 900 fits',
      'refund -300 fits',
      'refund_failure 300 fits',
    ]);
    await world.assertHealthy();
  });

  test('about a refund that did not arrive says so of the only one of its amount, and else asks a person', async () => {
    const world = await settling();
    const { context, scope, bank } = world;
    const sale = await world.pay({ amount: 900n, card: '4000000000005126' });
    const give = (amount: bigint, attempt: number) =>
      world.follow('refund', sale.operation.id, {
        amount,
        intentId: sale.operation.intentId,
        ordinal: attempt,
      });
    const one = await give(300n, 1);
    const twins = [await give(100n, 2), await give(100n, 3)];
    await world.settle();
    await controlOf(bank.ports.control).advance(5_000);
    await world.settle();
    await world.hear();
    const states = await Promise.all(
      [one, ...twins].map(({ operation }) => stateOf(context, scope, operation.id)),
    );
    assert.deepEqual(states, ['reversed', 'approved', 'approved']);
    assert.deepEqual((await world.lines()).toSorted(), [
      'payment 900 fits',
      'refund -100 fits',
      'refund -100 fits',
      'refund -300 fits',
      'refund_failure 100 fits_nothing',
      'refund_failure 100 fits_nothing',
      'refund_failure 300 fits',
    ]);
    // The bank's people say that both of the two came back.
    for (const twin of twins) assert.equal((await decide(world, twin, 'reversed')).ok, true);
    const open = await listLines(context, scope, { onlyForPerson: true, limit: 9 });
    const explained = { explanation: 'both came back', atMs: context.clock.now() };
    await context.database.commit(
      scope,
      open.map(({ id }) => explainLine(scope, { id, ...explained })),
    );
    await world.assertHealthy();
  });
});
