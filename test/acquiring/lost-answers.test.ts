// Everything that may become of an answer. What nobody heard is unknown, is taken back or repeated until
// the bank acknowledges it, and ends as the bank's own journal says.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { JobPayload } from '#platform/jobs';
import { loadMessages } from '#rails/acquiring';
import { loadKnown, loadOperation } from '#rails/operations';
import type { FaultRule } from '../../sandbox/faults/fault.ts';
import { asOwner } from '../../src/for-tests.ts';
import { mayLeadHere } from '../../src/rails/connectors/for-tests.ts';
import { reverseAgainJob } from '../../src/rails/connectors/reverse-again.ts';
import { holdingProxy } from './support/holding-proxy.ts';
import { newWorld, quick, type Sent, stateOf } from './support/world.ts';

const HASTY_MS = 400;
const PATIENT_MS = 60_000;
const patience = { timeoutMs: PATIENT_MS };
const world = await newWorld({ patience, profiles: quick({}, { lateMs: 60_000 }) });
const { bank, context, scope } = world;

/** Nobody waits long for what will not come; for everything else one waits as long as a busy machine takes. */
const lose = (rules: readonly FaultRule[]): void => {
  patience.timeoutMs = HASTY_MS;
  bank.setFaults(rules);
};
const loseOnce = (kind: FaultRule['kind'], more: Partial<FaultRule> = {}): void =>
  lose([{ id: kind, kind, times: 1, ...more }]);
const answerOnce = (kind: FaultRule['kind']): void =>
  bank.setFaults([{ id: kind, kind, times: 1 }]);
/** Where the time was over before anything left, nothing was lost: it is asked again. */
const untilSent = async (ask: () => Promise<Sent>): Promise<Sent> => {
  for (let tries = 0; tries < 50; tries += 1) {
    const sent = await ask();
    if (sent.operation.state !== 'not_sent') return sent;
  }
  return assert.fail('Nothing leaves this machine');
};
const facts = (of: Sent) =>
  bank
    .journal()
    .lines.flatMap(({ fact }) => ('request' in fact ? [fact] : []))
    .filter(({ request }) => request.paymentReference === of.operation.reference);
const state = (of: Sent) => stateOf(context, scope, of.operation.id);
const authorized = async (amount = 2_500n): Promise<Sent> =>
  world.send({ kind: 'authorize', amount, request: world.payment(await world.card()) });

/** Everything else in this process has heard what it was going to hear. */
const settled = async (what: () => Promise<boolean>): Promise<void> => {
  const untilMs = context.clock.monotonicMs() + 60_000;
  while (!(await what())) {
    assert.ok(context.clock.monotonicMs() < untilMs, 'it did not come');
    await context.clock.sleep(10);
  }
};

beforeEach(() => {
  patience.timeoutMs = PATIENT_MS;
  bank.setFaults([]);
});

describe('a sale whose answer is lost', () => {
  const faults: readonly (readonly [name: string, rule: Partial<FaultRule>, code: string])[] = [
    ['hang', { kind: 'hang' }, 'deadline'],
    ['reset', { kind: 'reset' }, 'link_broken'],
    ['down', { kind: 'down' }, 'link_broken'],
    ['cut before its first byte', { kind: 'cut', bytes: 0 }, 'link_broken'],
    ['cut in its length', { kind: 'cut', bytes: 1 }, 'unreadable'],
    ['cut in its middle', { kind: 'cut', bytes: 60 }, 'unreadable'],
    ['swapped', { kind: 'swapped' }, 'reference_differs'],
  ];
  for (const [name, rule, code] of faults) {
    test(`by ${name} is unknown, and then reversed`, async () => {
      await world.pay();
      lose([{ id: name, kind: 'hang', times: 1, ...rule, when: { mti: '0200' } }]);
      const sent = await untilSent(() => world.pay());
      assert.equal(sent.operation.state, 'unknown');
      assert.ok(
        [code, 'no_answer'].includes(sent.operation.code ?? ''),
        String(sent.operation.code),
      );
      await world.resolve();
      assert.equal(await state(sent), 'reversed');
      assert.deepEqual(world.live(sent.operation.reference), []);
      const messages = await loadMessages(context, scope, sent.operation.id);
      assert.deepEqual(
        messages.map(({ mti, state: of }) => [mti, of]),
        [
          ['0200', 'taken_back'],
          ['0420', 'stored'],
        ],
      );
    });
  }

  test('to a lie about the amount is a thing for people, and reversed all the same', async () => {
    answerOnce('wrong_amount');
    const sent = await untilSent(() => world.pay());
    assert.equal(sent.operation.state, 'unknown');
    assert.deepEqual(sent.operation.alerts, ['amount_differs']);
    assert.ok(sent.operation.needsReview);
    await world.resolve();
    assert.equal(await state(sent), 'reversed');
    assert.deepEqual(world.live(sent.operation.reference), []);
  });
});

describe('an answer', () => {
  test('that comes twice counts once, and the second is kept for people', async () => {
    answerOnce('twice');
    const sent = await untilSent(() => world.pay());
    assert.equal(sent.operation.state, 'approved');
    assert.equal(world.live(sent.operation.reference).length, 1);
    await settled(async () =>
      (await world.letters()).some(
        (letter) =>
          letter['operation_id'] === sent.operation.id && letter['problem'] === 'nobody_waits',
      ),
    );
  });

  test('that belongs to another is kept for people', async () => {
    await world.pay();
    loseOnce('swapped');
    const sent = await untilSent(() => world.pay());
    await settled(async () =>
      (await world.letters()).some(
        (letter) =>
          letter['operation_id'] === sent.operation.id && letter['problem'] === 'answer_of_another',
      ),
    );
    await world.resolve();
  });

  test('that comes late, and before anybody takes it back, is as good as any', async () => {
    loseOnce('slow', { delayMs: HASTY_MS + 200 });
    const sent = await untilSent(() => world.pay());
    assert.equal(sent.operation.state, 'unknown');
    await settled(async () => (await state(sent)) === 'approved');
    assert.equal(world.live(sent.operation.reference).length, 1);
    const [message] = await loadMessages(context, scope, sent.operation.id);
    assert.equal(message?.state, 'answered_late');
  });

  test('that comes after the reversal changes nothing, and is kept', async () => {
    loseOnce('late_after_reversal', { delayMs: 30, when: { mti: '0200' } });
    const sent = await untilSent(() => world.pay());
    assert.equal(sent.operation.state, 'unknown');
    await world.resolve();
    assert.equal(await state(sent), 'reversed');
    await settled(async () =>
      (await world.letters()).some(
        (letter) =>
          letter['operation_id'] === sent.operation.id &&
          letter['problem'] === 'approved_after_reversal',
      ),
    );
    await settled(async () => {
      const known = await loadKnown(context, scope, sent.operation.id);
      return known?.evidence.some(({ says }) => says.outcome === 'approved') === true;
    });
    assert.equal(await state(sent), 'reversed');
    assert.deepEqual(world.live(sent.operation.reference), []);
  });
});

describe('a reversal', () => {
  const trouble: readonly (readonly [name: string, rule: Partial<FaultRule>])[] = [
    ['is not answered', { kind: 'hang' }],
    ['is answered by a reset', { kind: 'reset' }],
    ['is answered in part', { kind: 'cut', bytes: 30 }],
    ['meets a malfunction', { kind: 'decline', code: '96' }],
    ['is answered with what belongs to another', { kind: 'swapped' }],
    ['is answered with another amount', { kind: 'wrong_amount' }],
  ];
  for (const [name, rule] of trouble) {
    test(`that ${name} is repeated under its own numbers`, async () => {
      lose([
        { id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } },
        { id: 'again', kind: 'hang', times: 2, ...rule, when: { mti: '042' } },
      ]);
      const sent = await untilSent(() => world.pay());
      await world.resolve();
      assert.equal(await state(sent), 'reversed');
      assert.deepEqual(world.live(sent.operation.reference), []);
      const messages = await loadMessages(context, scope, sent.operation.id);
      assert.equal(messages.length, 2);
      const reversals = facts(sent).filter(({ request }) => request.kind === 'reversal');
      assert.equal(reversals.length, 1);
      assert.equal(reversals[0]?.request.stan, messages[1]?.stan);
      assert.equal(reversals[0]?.request.rrn, messages[0]?.rrn);
    });
  }

  test('goes out without the card when the card is gone', async () => {
    const number = '5555555555554444';
    const card = await world.card(number);
    loseOnce('hang', { when: { mti: '0200' } });
    const sent = await untilSent(() => world.send({ kind: 'sale', request: world.payment(card) }));
    await world.vault.deleteCard(context, { scope, card, why: 'test' });
    await world.resolve();
    assert.equal(await state(sent), 'reversed');
    assert.deepEqual(world.live(sent.operation.reference), []);
  });

  test('of what never left is no message, and what slept can never send it after that', async () => {
    const sent = await untilSent(() => world.pay());
    await asOwner(
      context.on,
      `delete from rails.card_messages where operation_id = '${sent.operation.id}'`,
    );
    const { reverse } = world.rails.parts.functions.get('direct') ?? {};
    const call = {
      context,
      scope,
      operation: sent.operation,
      account: {
        id: world.account,
        connector: 'direct',
        settings: await settingsHere(),
        judge: mayLeadHere,
      },
      request: world.payment(await world.card()),
      providerId: null,
      original: null,
      withCard: () => Promise.reject(new Error('nobody needs the card')),
      http: () => Promise.reject(new Error('nothing is sent over HTTP')),
      deadline: context.clock.now() + 1_000,
      signal: new AbortController().signal,
    };
    const before = bank.journal().lines.length;
    assert.deepEqual(await reverse?.(call), { outcome: 'reversed', code: 'never_sent' });
    assert.equal(bank.journal().lines.length, before);
    const { sale } = world.rails.parts.functions.get('direct') ?? {};
    await assert.rejects(async () => sale?.(call), { why: 'taken_back' });
    assert.equal(bank.journal().lines.length, before);
  });

  test('without an original counts only when that can no longer be on its way', async () => {
    const forgetful = await newWorld({
      timeoutMs: PATIENT_MS,
      sandbox: { reversalBeforeOriginal: 'forget' },
      profiles: quick({ reversalWithoutOriginal: { codes: ['25'], afterMs: 3_600_000 } }),
    });
    forgetful.bank.setFaults([{ id: 'down', kind: 'down', times: 1 }]);
    const sent = await untilSent(() => forgetful.pay());
    await forgetful.resolve(1);
    assert.equal(await stateOf(forgetful.context, forgetful.scope, sent.operation.id), 'unknown');
    await asOwner(
      forgetful.context.on,
      `update rails.card_messages set stored_at = stored_at - interval '1 hour' where part = 0`,
    );
    await forgetful.resolve();
    assert.equal(await stateOf(forgetful.context, forgetful.scope, sent.operation.id), 'reversed');
    const messages = await loadMessages(forgetful.context, forgetful.scope, sent.operation.id);
    assert.equal(messages[1]?.state, 'too_early');
    assert.ok(new Set(messages.map(({ stan }) => stan)).size === messages.length);
    await forgetful.assertHealthy();
  });

  // The host had said that there was nothing to reverse; then the original came out of its queue.
  test('without an original is repeated when the original is approved after all', async () => {
    const forgetful = await newWorld({
      timeoutMs: 2_000,
      sandbox: { reversalBeforeOriginal: 'forget' },
      profiles: quick(
        { reversalWithoutOriginal: { codes: ['25'], afterMs: 0 } },
        { lateMs: 5_000 },
      ),
      port: holdingProxy,
    });
    const sent = await untilSent(() => forgetful.pay());
    const { id, reference } = sent.operation;
    await forgetful.resolve();
    const jobs = () =>
      asOwner(
        forgetful.context.on,
        `select payload from platform.jobs where name = 'rails.reverse_again'`,
      );
    await settled(async () => (await jobs()).length === 1);
    const before = await loadOperation(forgetful.context, forgetful.scope, id);
    assert.deepEqual([before?.state, before?.code], ['reversed', 'no_original']);
    assert.equal(forgetful.live(reference).length, 1, 'money is booked that nobody wants');

    const [{ payload } = { payload: {} }] = await jobs();
    await reverseAgainJob.run(forgetful.context, payload as JobPayload);
    assert.deepEqual(forgetful.live(reference), []);
    const after = await loadOperation(forgetful.context, forgetful.scope, id);
    assert.deepEqual([after?.state, after?.code], ['reversed', 'reversed']);
    // Done is done: the job may run more than once.
    const lines = forgetful.bank.journal().lines.length;
    await reverseAgainJob.run(forgetful.context, payload as JobPayload);
    assert.equal(forgetful.bank.journal().lines.length, lines);
    const counted = await asOwner(
      forgetful.context.on,
      'select direction from rails.clearing_entries order by direction',
    );
    assert.deepEqual(
      counted.map(({ direction }) => direction),
      [1, 2],
    );
    await forgetful.assertHealthy();
  });
});

describe('what follows a payment', () => {
  test('a completion is repeated until it is answered, and booked once', async () => {
    const payment = await authorized();
    lose([{ id: 'lost', kind: 'hang', times: 3, when: { mti: '022' } }]);
    const capture = await untilSent(() =>
      world.follow('capture', payment.operation.id, { amount: 2_000n }),
    );
    assert.equal(capture.operation.state, 'unknown');
    await world.resolve();
    assert.equal(await state(capture), 'approved');
    assert.equal(world.live(payment.operation.reference)[0]?.capturedMinor, 2_000n);
    assert.equal((await loadMessages(context, scope, capture.operation.id)).length, 1);
  });

  test('a voiding is repeated until it is answered', async () => {
    const payment = await authorized();
    lose([{ id: 'lost', kind: 'reset', times: 2, when: { mti: '042' } }]);
    const voided = await untilSent(() => world.follow('void', payment.operation.id));
    assert.equal(voided.operation.state, 'unknown');
    await world.resolve();
    assert.equal(await state(voided), 'approved');
    assert.deepEqual(world.live(payment.operation.reference), []);
  });

  test('a refund is taken back, and the payer has not been paid twice', async () => {
    const payment = await world.pay();
    loseOnce('hang', { when: { mti: '0200' } });
    const refund = await untilSent(() =>
      world.follow('refund', payment.operation.id, { amount: 700n }),
    );
    assert.equal(refund.operation.state, 'unknown');
    assert.equal(world.live(payment.operation.reference)[0]?.refundedMinor, 700n);
    await world.resolve();
    assert.equal(await state(refund), 'reversed');
    assert.equal(world.live(payment.operation.reference)[0]?.refundedMinor, 0n);
  });
});

test('after all this the books of both sides are whole', async () => {
  await world.resolve();
  await world.assertHealthy();
});

const settingsHere = async (): Promise<Record<string, unknown>> => {
  const [row] = await asOwner(context.on, 'select settings from rails.connector_accounts');
  return row?.['settings'] as Record<string, unknown>;
};
