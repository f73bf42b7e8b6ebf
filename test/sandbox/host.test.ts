// A gateway talks with the acquirer's host.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { encodeFrame, pack } from '#kit/iso8583';
import { hostDialects, hostFraming } from '../../sandbox/acquirer/dialect.ts';
import {
  charge,
  codeOf,
  completion,
  connectGateway,
  network,
  refund,
  repeated,
  reversal,
  stanOf,
  TRANSMITTED_AT,
} from './support/gateway.ts';
import { newSandbox } from './support/world.ts';

const sandbox = await newSandbox();
const gateway = await connectGateway(sandbox.ports.acquirer);
let count = 0;
const next = (): number => {
  count += 1;
  return count;
};
const kinds = () => sandbox.journal().lines.map(({ fact }) => fact.fact);
const liveOf = (rrn: unknown) =>
  sandbox
    .journal()
    .liveApprovals()
    .filter(({ reference }) => reference === rrn);

describe('the link', () => {
  test('is used after a sign-on, answers echoes, and is not used after a sign-off', async () => {
    const other = await connectGateway(sandbox.ports.acquirer, { signOn: false });
    assert.equal(codeOf(await other.ask(charge(next()))), '58');
    assert.equal(codeOf(await other.ask(network('000901', '001'))), '00');
    const echo = await other.ask(network('000902', '301'));
    assert.deepEqual([echo?.mti, codeOf(echo), echo?.fields[70]], ['0810', '00', '301']);
    assert.equal(codeOf(await other.ask(network('000903', '002'))), '00');
    assert.equal(codeOf(await other.ask(charge(next()))), '58');
  });

  const good = encodeFrame(hostFraming, {
    header: Buffer.alloc(0),
    message: pack(hostDialects.ascii, charge(900)),
  });
  const nonsense: readonly (readonly [name: string, bytes: Buffer])[] = [
    ['an empty frame', Buffer.from([0, 0])],
    ['a length that is too long', Buffer.from([255, 255])],
    ['a message that is no message', Buffer.from([0, 4, 65, 66, 67, 68])],
    [
      'a bitmap that lies',
      Buffer.concat([good.subarray(0, 6), Buffer.from('F'.repeat(16)), good.subarray(22)]),
    ],
    [
      'bytes left over',
      Buffer.concat([Buffer.from([0, good.length]), good.subarray(2), Buffer.from('00')]),
    ],
  ];
  for (const [name, bytes] of nonsense) {
    test(`is reset after ${name}, and nothing is booked`, async () => {
      const before = kinds().length;
      const other = await connectGateway(sandbox.ports.acquirer);
      other.sendBytes(bytes);
      await other.closed;
      assert.equal(other.received.length, 1);
      assert.equal(kinds().length, before);
    });
  }

  test('says that a format is wrong where it can be answered', async () => {
    const message = charge(next(), { more: { 4: undefined } });
    assert.equal(codeOf(await gateway.ask(message)), '30');
    assert.equal(codeOf(await gateway.ask({ ...charge(next()), mti: '0600' })), '40');
  });
});

describe('a purchase', () => {
  test('is approved, and the journal says so by reference, card and amount', async () => {
    const message = charge(next(), { tags: { '70': 'pay_1', '92': '123', '61': '12345' } });
    const answer = await gateway.ask(message);
    assert.equal(answer?.mti, '0210');
    assert.equal(codeOf(answer), '00');
    assert.equal(answer?.fields[44], 'MPY');
    assert.match(String(answer?.fields[38]), /^[A-Z2-9]{6}$/);
    assert.equal(answer?.fields[2], undefined);
    assert.deepEqual(liveOf(message.fields[37]), [
      {
        reference: message.fields[37],
        paymentReference: 'pay_1',
        terminal: 'TERM0001',
        card: sandbox.cardToken('4242424242424242'),
        currency: '978',
        state: 'captured',
        amountMinor: 5_000n,
        heldMinor: 0n,
        capturedMinor: 5_000n,
        refundedMinor: 0n,
      },
    ]);
  });

  test('sent twice is booked once, and answered alike', async () => {
    const message = charge(next());
    const first = await gateway.ask(message);
    const second = await gateway.ask(message);
    const third = await gateway.ask(repeated(message));
    assert.deepEqual(second, first);
    assert.deepEqual(third, first);
    assert.equal(liveOf(message.fields[37]).length, 1);
  });

  test('with a number that was another purchase is refused as a duplicate', async () => {
    const number = next();
    await gateway.ask(charge(number));
    assert.equal(codeOf(await gateway.ask(charge(number, { amount: 1 }))), '94');
    assert.equal(liveOf(charge(number).fields[37])[0]?.amountMinor, 5_000n);
  });

  const declines: readonly (readonly [name: string, card: string, code: string])[] = [
    ['a card that nobody gave out', '4000000000000051', '14'],
    ['a number with a wrong check digit', '4242424242424241', '14'],
    ['a number that nobody routes', '9999999999999995', '15'],
    ['a declined card', '4000000000000002', '05'],
    ['a card that needs its holder', '4000002760003184', '1A'],
  ];
  for (const [name, card, code] of declines) {
    test(`of ${name} is declined with ${code}`, async () => {
      const message = charge(next(), { card });
      assert.equal(codeOf(await gateway.ask(message)), code);
      assert.deepEqual(liveOf(message.fields[37]), []);
    });
  }

  test('with an authentication value that its issuer never made is declined', async () => {
    const tags = { '42': '05', '43': 'A'.repeat(28) };
    const message = charge(next(), { card: '4000002760003184', tags });
    assert.equal(codeOf(await gateway.ask(message)), '63');
    assert.deepEqual(liveOf(message.fields[37]), []);
  });
});

describe('an authorization', () => {
  const authorize = async (amount = 5_000) => {
    const message = charge(next(), { mti: '0100', amount });
    const answer = await gateway.ask(message);
    assert.deepEqual([answer?.mti, codeOf(answer)], ['0110', '00']);
    return message;
  };
  const amounts = (rrn: unknown) =>
    liveOf(rrn).map(({ state, heldMinor, capturedMinor, refundedMinor }) => [
      state,
      heldMinor,
      capturedMinor,
      refundedMinor,
    ]);

  test('of nothing only verifies the card', async () => {
    const message = charge(next(), { mti: '0100', amount: 0 });
    assert.equal(codeOf(await gateway.ask(message)), '85');
    assert.deepEqual(liveOf(message.fields[37]), []);
  });

  test('is completed, once per advice, and refunded', async () => {
    const message = await authorize();
    const rrn = message.fields[37];
    assert.deepEqual(amounts(rrn), [['held', 5_000n, 0n, 0n]]);
    const advice = completion(next(), message, 4_000);
    assert.equal((await gateway.ask(advice))?.mti, '0230');
    assert.equal(codeOf(await gateway.ask(repeated(advice))), '00');
    assert.deepEqual(amounts(rrn), [['captured', 0n, 4_000n, 0n]]);
    assert.equal(codeOf(await gateway.ask(refund(next(), message, 1_500))), '00');
    assert.equal(codeOf(await gateway.ask(refund(next(), message, 2_501))), '64');
    assert.deepEqual(amounts(rrn), [['captured', 0n, 4_000n, 1_500n]]);
  });

  test('is completed in parts while more follows', async () => {
    const message = await authorize();
    await gateway.ask(completion(next(), message, 1_000, { '72': '1' }));
    assert.deepEqual(amounts(message.fields[37]), [['held', 4_000n, 1_000n, 0n]]);
    assert.equal(codeOf(await gateway.ask(completion(next(), message, 4_001))), '64');
    await gateway.ask(completion(next(), message, 500));
    assert.deepEqual(amounts(message.fields[37]), [['captured', 0n, 1_500n, 0n]]);
  });

  test('is reversed once, however often and under whatever number it is asked', async () => {
    const message = await authorize();
    const first = reversal(next(), message);
    assert.equal((await gateway.ask(first))?.mti, '0430');
    assert.equal(codeOf(await gateway.ask(repeated(first))), '00');
    assert.equal(codeOf(await gateway.ask(reversal(next(), message, '0400'))), '00');
    assert.deepEqual(liveOf(message.fields[37]), []);
    assert.equal(codeOf(await gateway.ask(completion(next(), message, 1))), '79');
    const reversed = sandbox
      .journal()
      .lines.filter(
        ({ fact }) => fact.fact === 'reversed' && fact.request.rrn === message.fields[37],
      );
    assert.equal(reversed.length, 1);
  });

  test('that comes after its reversal is refused', async () => {
    const message = charge(next(), { mti: '0100' });
    assert.equal(codeOf(await gateway.ask(reversal(next(), message))), '00');
    assert.equal(codeOf(await gateway.ask(message)), '79');
    assert.deepEqual(liveOf(message.fields[37]), []);
  });

  test('that was declined leaves nothing to reverse', async () => {
    const message = charge(next(), { mti: '0100', card: '4000000000000002' });
    await gateway.ask(message);
    assert.equal(codeOf(await gateway.ask(reversal(next(), message))), '00');
    assert.equal(kinds().at(-1), 'nothing_to_reverse');
  });

  test('keeps what a reversed completion had taken', async () => {
    const message = await authorize();
    const advice = completion(next(), message, 4_000);
    await gateway.ask(advice);
    const back = { ...reversal(next(), advice), mti: '0420' };
    assert.equal(codeOf(await gateway.ask(back)), '00');
    assert.deepEqual(amounts(message.fields[37]), [['held', 5_000n, 0n, 0n]]);
  });
});

test('a bank that forgets says that there is no original, and approves it when it comes', async () => {
  const forgetful = await newSandbox({ reversalBeforeOriginal: 'forget' });
  const other = await connectGateway(forgetful.ports.acquirer);
  const message = charge(1, { mti: '0100' });
  assert.equal(codeOf(await other.ask(reversal(2, message))), '25');
  assert.equal(codeOf(await other.ask(message)), '00');
});

test('the totals of a batch agree or tell ours, and a batch begins again after the cut-over', async () => {
  const fresh = await newSandbox();
  const other = await connectGateway(fresh.ports.acquirer);
  const bought = charge(1);
  await other.ask(bought);
  await other.ask(charge(2, { amount: 700 }));
  await other.ask(refund(3, bought, 200));
  await other.ask(reversal(4, charge(2, { amount: 700 })));
  const totals = (number: number, debits: string, mti = '0500') => ({
    mti,
    fields: {
      7: TRANSMITTED_AT,
      11: stanOf(number),
      13: '1120',
      32: '12345',
      37: `63241200000${number}`,
      41: 'TERM0001',
      50: '978',
      74: '1'.padStart(10, '0'),
      75: '0'.padStart(10, '0'),
      76: '2'.padStart(10, '0'),
      77: '1'.padStart(10, '0'),
      86: '200'.padStart(16, '0'),
      87: '0'.padStart(16, '0'),
      88: debits.padStart(16, '0'),
      89: '700'.padStart(16, '0'),
      97: `C${'4800'.padStart(16, '0')}`,
    },
  });
  const wrong = await other.ask(totals(5, '5600'));
  assert.deepEqual(
    [wrong?.mti, codeOf(wrong), wrong?.fields[66], wrong?.fields[88], wrong?.fields[97]],
    ['0510', '95', '2', '0000000000005700', 'C0000000000004800'],
  );
  const right = await other.ask(totals(6, '5700'));
  assert.deepEqual([codeOf(right), right?.fields[66]], ['00', '1']);
  const again = await other.ask(totals(7, '5700'));
  assert.equal(again?.fields[88], '0'.padStart(16, '0'));
  assert.equal(codeOf(await other.ask(totals(8, '5700', '0520'))), '95');
});

test('the same is said in BCD', async () => {
  const packed = await newSandbox({ dialect: 'bcd' });
  const other = await connectGateway(packed.ports.acquirer, { dialect: 'bcd' });
  assert.equal(codeOf(await other.ask(charge(1))), '00');
  assert.equal(packed.journal().liveApprovals().length, 1);
});

test('the journal, the books and the wire log hold no card number and no CVC', async () => {
  await gateway.ask(charge(next(), { tags: { '92': '739' } }));
  const response = await fetch(`http://127.0.0.1:${sandbox.ports.control}/messages?limit=1000`);
  const journal = JSON.stringify(sandbox.journal().lines, (_, value) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  for (const text of [await response.text(), journal]) {
    assert.ok(text.length > 1_000);
    assert.doesNotMatch(text, /4242424242424242|9203739/);
  }
});

test('after all this the books balance', async () => {
  assert.deepEqual(await sandbox.checkBooks(), []);
});
