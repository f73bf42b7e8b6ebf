// What goes wrong on purpose, and that the bank's own books are right all the same.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { createFaults, type FaultRule, parseFaultRules } from '../../sandbox/faults/fault.ts';
import { charge, codeOf, connectGateway, network, repeated, reversal } from './support/gateway.ts';
import { newSandbox } from './support/world.ts';

const sandbox = await newSandbox();
let count = 0;
const next = (): number => {
  count += 1;
  return count;
};
const connect = () => connectGateway(sandbox.ports.acquirer);
const isLive = (message: ReturnType<typeof charge>): boolean =>
  sandbox
    .journal()
    .liveApprovals()
    .some(({ reference }) => reference === message.fields[37]);
const faultsOf = (rule: string) =>
  sandbox.journal().lines.filter(({ fact }) => fact.fact === 'fault' && fact.rule === rule).length;
const once = (kind: FaultRule['kind'], more: Partial<FaultRule> = {}): void =>
  sandbox.setFaults([{ id: kind, kind, times: 1, ...more }]);

describe('a fault', () => {
  beforeEach(() => sandbox.setFaults([]));

  test('approves and hangs; the repeat is answered, and booked no second time', async () => {
    once('hang');
    const gateway = await connect();
    const message = charge(next());
    assert.equal(await gateway.ask(message, 2_000), undefined);
    assert.ok(isLive(message));
    assert.equal(codeOf(await gateway.ask(repeated(message))), '00');
    assert.equal(faultsOf('hang'), 1);
  });

  test('approves and resets the link', async () => {
    once('reset');
    const gateway = await connect();
    const message = charge(next());
    assert.equal(await gateway.ask(message), undefined);
    assert.equal(gateway.isOpen(), false);
    assert.ok(isLive(message));
  });

  for (const bytes of [0, 1, 2, 40]) {
    test(`approves and cuts the answer after ${bytes} bytes`, async () => {
      once('cut', { bytes });
      const gateway = await connect();
      const message = charge(next());
      assert.equal(await gateway.ask(message), undefined);
      await gateway.closed;
      assert.ok(isLive(message));
    });
  }

  test('is down: the link is reset, and nothing is booked', async () => {
    once('down');
    const gateway = await connect();
    const message = charge(next());
    assert.equal(await gateway.ask(message), undefined);
    assert.equal(isLive(message), false);
    assert.equal(faultsOf('down'), 1);
    const again = await connect();
    assert.equal(codeOf(await again.ask(message)), '00');
  });

  test('answers twice', async () => {
    once('twice');
    const gateway = await connect();
    const message = charge(next());
    await gateway.ask(message);
    await gateway.ask(network('000777', '301'));
    const answers = gateway.received.filter(({ fields }) => fields[11] === message.fields[11]);
    assert.equal(answers.length, 2);
    assert.deepEqual(answers[0], answers[1]);
  });

  test("answers with what is somebody else's", async () => {
    const gateway = await connect();
    const other = charge(next(), { amount: 777 });
    await gateway.ask(other);
    once('swapped');
    const message = charge(next());
    const answer = await gateway.ask(message);
    assert.equal(answer?.fields[37], other.fields[37]);
    assert.equal(answer?.fields[4], '000000000777');
    assert.equal(answer?.fields[11], message.fields[11]);
  });

  test('tells another amount than it booked', async () => {
    once('wrong_amount');
    const gateway = await connect();
    const message = charge(next());
    assert.equal((await gateway.ask(message))?.fields[4], '000000005100');
    const [live] = sandbox
      .journal()
      .liveApprovals()
      .filter(({ reference }) => reference === message.fields[37]);
    assert.equal(live?.amountMinor, 5_000n);
  });

  test('tells another currency than it booked', async () => {
    once('wrong_currency');
    const gateway = await connect();
    const message = charge(next());
    assert.equal(message.fields[49], '978');
    assert.equal((await gateway.ask(message))?.fields[49], '840');
    assert.ok(isLive(message));
  });

  test('breaks down after booking, and tells the truth when it is asked again', async () => {
    once('wrong_code', { code: '96' });
    const gateway = await connect();
    const message = charge(next());
    const answer = await gateway.ask(message);
    assert.deepEqual([codeOf(answer), answer?.fields[38]], ['96', undefined]);
    assert.ok(isLive(message));
    assert.equal(codeOf(await gateway.ask(repeated(message))), '00');
  });

  test('answers late, after the reversal was answered', async () => {
    once('late_after_reversal', { delayMs: 20 });
    const gateway = await connect();
    const message = charge(next(), { mti: '0100' });
    assert.equal(await gateway.ask(message, 60), undefined);
    assert.equal(codeOf(await gateway.ask(reversal(next(), message))), '00');
    assert.equal(isLive(message), false);
    const late = await gateway.ask({ ...message, mti: '0101' }, 60_000);
    assert.equal(codeOf(late), '00');
    const deadline = Date.now() + 60_000;
    while (gateway.received.filter(({ mti }) => mti === '0110').length < 2) {
      assert.ok(Date.now() < deadline, 'the late answer came');
      await gateway.ask(network('000778', '301'));
    }
    assert.equal(isLive(message), false);
  });

  test('is slow and answers all the same', async () => {
    once('slow', { delayMs: 80 });
    const gateway = await connect();
    const began = performance.now();
    assert.equal(codeOf(await gateway.ask(charge(next()))), '00');
    assert.ok(performance.now() - began >= 75);
  });

  test('declines with a code; a reversal that met it is taken when it is repeated', async () => {
    const gateway = await connect();
    const message = charge(next());
    await gateway.ask(message);
    once('decline', { code: '96' });
    const back = reversal(next(), message);
    assert.equal(codeOf(await gateway.ask(back)), '96');
    assert.ok(isLive(message));
    assert.equal(codeOf(await gateway.ask(repeated(back))), '00');
    assert.equal(isLive(message), false);
  });

  test('takes the issuer away; its network stands in for small amounts', async () => {
    sandbox.setFaults([{ id: 'away', kind: 'issuer_down', when: { network: 'visa' } }]);
    const gateway = await connect();
    assert.equal(codeOf(await gateway.ask(charge(next(), { amount: 5_000 }))), '00');
    assert.equal(codeOf(await gateway.ask(charge(next(), { amount: 5_001 }))), '91');
    const mastercard = charge(next(), { card: '5555555555554444', amount: 5_001 });
    assert.equal(codeOf(await gateway.ask(mastercard)), '00');
    const stoodIn = sandbox
      .journal()
      .lines.filter(({ fact }) => fact.fact === 'approved' && fact.isStandIn);
    assert.equal(stoodIn.length, 1);
  });

  test('meets sign-ons and echoes when it names them', async () => {
    const gateway = await connect();
    sandbox.setFaults([{ id: 'mute', kind: 'hang', when: { mti: '08' } }]);
    assert.equal(await gateway.ask(network('000779', '301'), 60), undefined);
    assert.equal(codeOf(await gateway.ask(charge(next()))), '00');
  });
});

describe('a rule', () => {
  const suspect = { mti: '0200', key: 'k', arrival: 1, cardNumber: '4242424242424242' };
  const chosen = (rule: Omit<FaultRule, 'id' | 'kind'>, more = {}) =>
    createFaults('s', [{ id: 'r', kind: 'hang', ...rule }]).choose({ ...suspect, ...more })?.id;

  test('fits by card, network and type', () => {
    assert.equal(chosen({}), 'r');
    assert.equal(chosen({ when: { card: '4242' } }), 'r');
    assert.equal(chosen({ when: { card: '4242424242424242' } }), 'r');
    assert.equal(chosen({ when: { card: '0002' } }), undefined);
    assert.equal(chosen({ when: { mti: '01' } }), undefined);
    assert.equal(chosen({ when: { network: 'visa' } }), undefined);
    assert.equal(chosen({ when: { network: 'visa' } }, { network: 'visa' }), 'r');
  });

  test('leaves 08xx alone unless it names them', () => {
    assert.equal(chosen({}, { mti: '0800' }), undefined);
    assert.equal(chosen({ when: { mti: '0800' } }, { mti: '0800' }), 'r');
  });

  test('of a script is used up', () => {
    const faults = createFaults('s', [{ id: 'r', kind: 'hang', times: 2 }]);
    assert.deepEqual(
      [1, 2, 3].map(() => faults.choose(suspect)?.id),
      ['r', 'r', undefined],
    );
  });

  test('of a probability is drawn by the seed, and about as often as it says', () => {
    const draws = (seed: string) => {
      const faults = createFaults(seed, [{ id: 'r', kind: 'hang', when: { probability: 0.3 } }]);
      return Array.from({ length: 1_000 }, (_, at) =>
        faults.choose({ ...suspect, key: String(at) }) === undefined ? 0 : 1,
      );
    };
    assert.deepEqual(draws('s'), draws('s'));
    assert.notDeepEqual(draws('s'), draws('t'));
    const sum = draws('s').reduce((total: number, drawn) => total + drawn, 0);
    assert.ok(sum > 240 && sum < 360, String(sum));
  });

  const refused: readonly (readonly [given: unknown, reason: RegExp])[] = [
    [{}, /A list/],
    [[1], /not an object/],
    [[{ id: 'a' }], /needed/],
    [[{ id: 'a', kind: 'explode' }], /`kind`/],
    [[{ id: 'a', kind: 'decline' }], /`code`/],
    [[{ id: 'a', kind: 'hang', colour: 1 }], /`colour` is not known/],
    [[{ id: 'a', kind: 'hang', when: { probability: 2 } }], /`probability`/],
    [[{ id: 'a', kind: 'slow', delayMs: -1 }], /`delayMs`/],
  ];
  test('that makes no sense is refused with the reason', () => {
    for (const [given, reason] of refused) {
      const parsed = parseFaultRules(given);
      assert.match(parsed.ok ? '' : parsed.reason, reason);
    }
  });
});

test('after all this the books balance', async () => {
  assert.deepEqual(await sandbox.checkBooks(), []);
});
