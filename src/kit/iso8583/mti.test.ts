import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  answerOf,
  isMti,
  isRrn,
  isStan,
  parseOriginal,
  parseProcessingCode,
  repeatOf,
  rrnOf,
  spellOriginal,
  stanOf,
  transmissionTime,
} from '#kit/iso8583';

describe('a message type', () => {
  const pairs = [
    ['0100', '0110'],
    ['0101', '0110'],
    ['0120', '0130'],
    ['0200', '0210'],
    ['0220', '0230'],
    ['0221', '0230'],
    ['0400', '0410'],
    ['0401', '0410'],
    ['0420', '0430'],
    ['0421', '0430'],
    ['0500', '0510'],
    ['0520', '0530'],
    ['0800', '0810'],
    ['0820', '0830'],
    ['1420', '1430'],
  ] as const;
  for (const [request, answer] of pairs) {
    test(`of ${request} is answered by ${answer}`, () => {
      assert.equal(answerOf(request), answer);
    });
  }

  test('that is an answer is not answered and not repeated', () => {
    for (const mti of ['0110', '0130', '0410', '0430', '0810', '9999', '01000', '']) {
      assert.equal(answerOf(mti), undefined);
      assert.equal(repeatOf(mti), undefined);
    }
  });

  test('is repeated by its last digit alone, as often as need be', () => {
    assert.equal(repeatOf('0400'), '0401');
    assert.equal(repeatOf('0420'), '0421');
    assert.equal(repeatOf('0421'), '0421');
    assert.equal(repeatOf('0422'), '0423');
  });

  test('is four digits that each mean something', () => {
    for (const mti of ['0000', '0900', '0160', '0109', '3100', '01A0', '100', ' 0100', '0100\n']) {
      assert.equal(isMti(mti), false, mti);
    }
    assert.equal(isMti('1100', '0'), false);
    assert.equal(isMti('1100', '1'), true);
  });
});

describe('a trace number', () => {
  test('runs from 000001 to 999999 and begins again, without 000000', () => {
    assert.equal(stanOf(1), '000001');
    assert.equal(stanOf(999_999), '999999');
    assert.equal(stanOf(1_000_000), '000001');
    assert.equal(stanOf(5_000_001), '000006');
    assert.equal(isStan('000000'), false);
    assert.equal(isStan('12345'), false);
    assert.throws(() => stanOf(0), /counted from 1/);
  });
});

describe('a retrieval reference', () => {
  test('is the last digit of the year, the day, the hour and the trace number', () => {
    assert.equal(rrnOf(new Date('2026-01-01T00:59:59Z'), '000042'), '600100000042');
    assert.equal(rrnOf(new Date('2028-12-31T23:00:00Z'), '999999'), '836623999999');
    assert.equal(isRrn('600100000042'), true);
    assert.equal(isRrn('60010000004'), false);
    assert.throws(() => rrnOf(new Date(0), '000000'), /trace number/);
  });

  test('goes with a transmission time of GMT', () => {
    assert.equal(transmissionTime(new Date('2026-08-01T09:05:07.999Z')), '0801090507');
  });
});

describe('the original data', () => {
  test('are 42 digits, and are read back', () => {
    const original = {
      mti: '0100',
      stan: '123456',
      transmittedAt: '0604123456',
      acquirer: '423935',
    };
    const spelled = spellOriginal(original);
    assert.equal(spelled, '010012345606041234560000042393500000000000');
    assert.deepEqual(parseOriginal(spelled), original);
    assert.equal(parseOriginal(spelled.slice(1)), undefined);
    assert.throws(() => spellOriginal({ ...original, stan: '1' }), /wrong length/);
  });
});

describe('a processing code', () => {
  test('is what is done, from where, to where', () => {
    assert.deepEqual(parseProcessingCode('003000'), {
      transaction: 'purchase',
      from: 'credit',
      to: 'unspecified',
    });
    assert.equal(parseProcessingCode('990000'), undefined);
    assert.equal(parseProcessingCode('0000000'), undefined);
  });
});
