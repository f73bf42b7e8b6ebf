import assert from 'node:assert/strict';
import { describe as suite, test } from 'node:test';
import {
  ascii1987,
  defineDialect,
  describe,
  describeLine,
  type FieldValue,
  maskNumber,
} from '#kit/iso8583';
import { anyMessage, seededPick } from './for-tests.ts';
import { dialects, mixed } from './for-tests-dialects.ts';
import { goldenMessages } from './for-tests-golden.ts';

const cards = [
  '4242424242424242',
  '5555555555554444',
  '378282246310005',
  '30569309025904',
  '6011000990139424',
  '4000000000000000006',
];

const message = {
  mti: '0100',
  fields: {
    2: '4242424242424242',
    4: '000000005000',
    14: '2912',
    35: '4242424242424242=29122019876543210',
    36: '994242424242424242=29122019876543210',
    37: '412345678901',
    39: '00',
    42: '424242424242424',
    43: 'Shop 4242 4242 4242 4242                ',
    44: 'card 4242424242424242',
    45: 'B4242424242424242^DOE/JANE^2912',
    48: 'CVC=123',
    52: Buffer.from('0011223344556677', 'hex'),
    55: new Map<string, FieldValue>([
      ['5A', Buffer.from('4242424242424242', 'hex')],
      ['57', Buffer.from('4242424242424242D2912', 'hex')],
      ['5F20', Buffer.from('DOE/JANE')],
      ['5F24', Buffer.from('291231', 'hex')],
      ['9F02', Buffer.from('000000005000', 'hex')],
      ['9F1F', Buffer.from('3031323334353637', 'hex')],
    ]),
  },
};

suite('describing a message', () => {
  test('says what a log needs', () => {
    const line = describeLine(ascii1987, message);
    assert.match(line, /^0100 2=424242\*{6}4242 4=000000005000 14=\[4 hidden\] /);
    assert.match(line, / 37=412345678901 39=00 /);
    assert.match(line, / 55\.5A=424242\*{6}4242 55\.57=\[\d+ hidden\] /);
    assert.match(line, / 55\.9F02=000000005000 /);
  });

  test('hides expiry, tracks, PIN, name, discretionary data and private fields', () => {
    const line = describeLine(ascii1987, message);
    for (const secret of ['2912', '9876543210', 'DOE', 'JANE', 'CVC', '001122', '303132', '444f']) {
      assert.equal(line.includes(secret), false, `${secret} in ${line}`);
    }
  });

  test('names each field', () => {
    const [mti, number] = describe(ascii1987, message);
    assert.deepEqual(mti, { path: 'mti', name: 'Message type', value: '0100' });
    assert.deepEqual(number, {
      path: '2',
      name: 'Primary account number',
      value: '424242******4242',
    });
  });

  test('shows the parts that a dialect calls clear and hides the others', () => {
    const line = describeLine(mixed, {
      mti: '0100',
      fields: {
        43: { 1: 'Shop', 2: 'Berlin', 3: 'DE' },
        48: new Map<string, FieldValue>([
          ['01', 'order 7'],
          ['26', '123'],
          ['43', Buffer.alloc(20, 0x41)],
        ]),
      },
    });
    assert.equal(
      line,
      '0100 43.1=Shop 43.2=Berlin 43.3=DE 48.01=order 7 48.26=[3 hidden] 48.43=[20 hidden]',
    );
  });

  test('cannot be talked into showing card data by a dialect', () => {
    const open = defineDialect({
      ...ascii1987,
      name: 'careless',
      fields: Object.fromEntries(
        Object.entries(ascii1987.fields).map(([field, format]) => [
          field,
          { ...format, log: 'clear' },
        ]),
      ),
    });
    const line = describeLine(open, message);
    for (const secret of ['4242424242424242', '2912', 'DOE', '001122']) {
      assert.equal(line.includes(secret), false, `${secret} in ${line}`);
    }
  });

  test('shows no card number of any published message', () => {
    for (const { dialect, message } of goldenMessages) {
      const line = describeLine(dialect, message);
      const number = message.fields[2];
      if (typeof number === 'string') assert.equal(line.includes(number), false, line);
    }
  });

  for (const dialect of dialects) {
    test(`shows no card number, wherever a message has it: ${dialect.name}`, () => {
      for (let seed = 1; seed <= 1_500; seed += 1) {
        const card = cards[seed % cards.length] as string;
        const random = anyMessage(dialect, seededPick(seed), card);
        const line = describeLine(dialect, { ...random, fields: { ...random.fields, 2: card } });
        const shown = line.replaceAll(/[^0-9A-Fa-f]/g, '').toUpperCase();
        assert.equal(line.includes(card), false, `seed ${seed}: ${line}`);
        const inHex = Buffer.from(card).toString('hex').toUpperCase();
        assert.equal(shown.includes(inHex), false, `seed ${seed}: ${line}`);
      }
    });
  }

  for (const dialect of dialects) {
    test(`shows no card number that stands in one field alone: ${dialect.name}`, () => {
      for (const [field, { content, length, prefix, parts }] of Object.entries(dialect.fields)) {
        for (const card of cards) {
          if (length < card.length || parts !== undefined || !'n an ans z'.includes(content))
            continue;
          for (const fill of content === 'n' || content === 'z'
            ? ['0', '9']
            : [' ', '0', '9', 'x']) {
            const filled = prefix === undefined ? length : Math.min(length, card.length + 5);
            for (const value of [card.padEnd(filled, fill), card.padStart(filled, fill)]) {
              const line = describeLine(dialect, { mti: '0100', fields: { [field]: value } });
              // Digits that run into the number make another one, which only luck finds.
              const joined = fill === '0' || fill === '9' ? filled - card.length : 0;
              if (joined > 0 && filled <= 19) continue;
              assert.equal(line.includes(card), false, `${field}: ${line}`);
            }
          }
        }
      }
    });
  }

  test('shows which message a reversal is about, and amounts with their zeros', () => {
    const line = describeLine(ascii1987, {
      mti: '0420',
      fields: { 86: '0000000000012345', 90: '010012345606041234560000042393500000000000' },
    });
    assert.equal(line, '0420 86=0000000000012345 90=0100/123456/0604123456');
  });

  test('does not fail on what its dialect does not know', () => {
    const line = describeLine(ascii1987, {
      mti: 'nonsense',
      fields: { 43: { 1: 'x' }, 55: 'x', 65: 'y', 4: undefined, 48: new Map([['1', 'z']]) },
    });
    assert.equal(line, 'nonsense 43=[hidden] 48=[hidden] 65=[1 hidden]');
  });
});

suite('a masked number', () => {
  test('shows six and four of a long one, four of a short one, nothing of less', () => {
    assert.equal(maskNumber('4242424242424242'), '424242******4242');
    assert.equal(maskNumber('378282246310005'), '378282*****0005');
    assert.equal(maskNumber('30569309025904'), '**********5904');
    assert.equal(maskNumber('12345678901'), '***********');
    assert.equal(maskNumber(''), '');
  });
});
