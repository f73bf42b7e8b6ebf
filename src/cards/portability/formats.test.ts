import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { columnsWith, isForbiddenColumn } from './card-columns.ts';
import { type CardRow, cardRowOf } from './card-row.ts';
import { csvLine, readCsv } from './csv.ts';
import { readJsonObjects } from './json-objects.ts';
import { type Format, readRows } from './read-rows.ts';

/** The text as a stream that is cut anywhere. */
async function* cut(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}
async function* bytes(text: string, size = 7) {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += size) yield new Uint8Array(all.subarray(at, at + size));
}
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const cardsOf = async (
  text: string,
  columns = columnsWith(''),
  format: Format | null = null,
): Promise<CardRow[]> => {
  const rows = await all(readRows(bytes(text), { format, columns }));
  return rows.map((row) => cardRowOf(row, 'file') as CardRow);
};

describe('comma-separated values', () => {
  test('are read back as they were written, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.array(fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', 'é', ' ') }), {
            minLength: 2,
            maxLength: 4,
          }),
          {
            minLength: 1,
            maxLength: 5,
          },
        ),
        fc.integer({ min: 1, max: 9 }),
        async (rows, size) => {
          // The line of names tells the separator.
          const text = ['a,b', ...rows.map(csvLine)].join('\r\n');
          assert.deepEqual((await all(readCsv(cut(text, size)))).slice(1), rows);
        },
      ),
    );
  });

  test('may have semicolons or tabs between them, and a mark of byte order before', async () => {
    for (const separator of [';', '\t', ',']) {
      const text = `\uFEFF${['card_number', 'card_exp_month', 'card_exp_year'].join(separator)}\n${['4242 4242', '1', '31'].join(separator)}\n\n`;
      const [row, second] = await cardsOf(text);
      const card = { number: '4242 4242', exp_month: '1', exp_year: '31' };
      assert.deepEqual(row?.method['card'], card);
      assert.equal(second, undefined);
    }
  });

  test('that end within quotes or go on for ever are refused', async () => {
    await assert.rejects(all(readCsv(cut('a,b\n1,"2', 3))), /ends within quotes/);
    await assert.rejects(
      all(readCsv(cut(`a,b\n"${'x'.repeat(300_000)}`, 999))),
      /longer than 256 kB/,
    );
  });
});

describe('objects of JSON', () => {
  const objects = [{ a: '{"]\\' }, { b: { c: ['}', { d: 'x' }] } }, { e: '' }];
  test('are found one to a line, over several lines and in one array', async () => {
    for (const text of [
      objects.map((one) => JSON.stringify(one)).join('\n'),
      JSON.stringify(objects),
      JSON.stringify(objects, null, 2),
      objects.map((one) => JSON.stringify(one, null, 2)).join(''),
    ]) {
      for (const size of [1, 5, 1_000]) {
        assert.deepEqual(await all(readJsonObjects(cut(text, size))), objects);
      }
    }
  });

  test('keep the digits of numbers that are written without quotes', async () => {
    const [object] = await all(readJsonObjects(cut('{"number":6205500000000000004}', 9)));
    assert.deepEqual(object, { number: '6205500000000000004' });
  });

  test('that are none are refused without a word of them', async () => {
    for (const text of [
      '{"a":4242424242424242',
      '4242424242424242',
      '{"a" 4242424242424242}',
      '{]',
    ]) {
      await assert.rejects(all(readJsonObjects(cut(text, 4))), (error: Error) => {
        assert.match(error.message, /is not whole or is no JSON/);
        return !error.message.includes('4242');
      });
    }
  });
});

describe('columns', () => {
  const wanted = { number: '4242424242424242', exp_month: '4', exp_year: '2031' };

  test("of Stripe's export, as CSV and as JSON", async () => {
    const csv =
      'DESCRIPTION,NAME,EMAIL,ID,CARD.ADDRESS_CITY,CARD.ADDRESS_ZIP,CARD.EXP_MONTH,CARD.EXP_YEAR,CARD.ID,CARD.NAME,CARD.NUMBER,DEFAULT_SOURCE,CARD.TRANSACTION_IDS\n' +
      'A user,Ada,ada@example.com,cus_1,London,SW1,04,2031,card_1,Ada L,4242424242424242,card_1,\n';
    const json = JSON.stringify({
      id: 'cus_1',
      name: 'Ada',
      email: 'ada@example.com',
      description: 'A user',
      default_source: 'card_1',
      cards: {
        data: [
          {
            id: 'card_1',
            name: 'Ada L',
            number: '4242424242424242',
            exp_month: 4,
            exp_year: 2031,
            address_city: 'London',
            address_zip: 'SW1',
          },
        ],
      },
    });
    for (const text of [csv, json]) {
      const [row] = await cardsOf(text);
      assert.deepEqual(row?.method['card'], wanted);
      assert.equal(row?.externalId, 'card_1');
      assert.equal(row?.isDefault, true);
      assert.deepEqual(row?.customer, {
        externalId: 'cus_1',
        ownId: null,
        sent: {
          name: 'Ada',
          email: 'ada@example.com',
          phone: undefined,
          description: 'A user',
          metadata: { external_id: 'cus_1' },
        },
      });
      const billing = row?.method['billing_details'] as { address: Record<string, string> };
      assert.equal(billing.address['city'], 'London');
      assert.equal(billing.address['postal_code'], 'SW1');
    }
  });

  test('that Stripe takes in, and those of Braintree', async () => {
    const [stripe, braintree] = [
      'old_customer_id,card_number,card_exp_month,card_exp_year,old_card_id,is_default\n7,4242424242424242,4,31,8,TRUE\n',
      'id,first_name,last_name,company,credit_card.token,credit_card.number,credit_card.expiration\n7,Jane,Doe,Dough,ab12d4,4242424242424242,042031\n',
    ];
    const [one] = await cardsOf(stripe);
    assert.deepEqual(one?.method['card'], { ...wanted, exp_year: '31' });
    assert.equal(one?.customer.externalId, '7');
    assert.equal(one?.externalId, '8');
    assert.equal(one?.isDefault, true);
    const [two] = await cardsOf(braintree);
    assert.deepEqual(two?.method['card'], wanted);
    assert.equal(two?.customer.sent['name'], 'Jane Doe');
    assert.equal(two?.externalId, 'ab12d4');
  });

  test('with other names are named, or left out', async () => {
    const text = 'PAN;Exp;Phone\n4242424242424242;04/31;0123456789\n';
    const [row] = await cardsOf(text, columnsWith('number=PAN, expiry=Exp,phone='));
    assert.deepEqual(row?.method['card'], { ...wanted, exp_year: '31' });
    assert.equal(row?.customer.sent['phone'], undefined);
    await assert.rejects(cardsOf(text), /say which one does with --columns number=NAME/);
    assert.throws(() => columnsWith('pan=PAN'), /what stands on the left is one of: number,/);
    assert.throws(() => columnsWith('number'), /Columns are named like/);
  });

  test('of expiry are read in each of their spellings', async () => {
    for (const [text, month, year] of [
      ['042031', '4', '2031'],
      ['0431', '4', '31'],
      ['4/31', '4', '31'],
      ['04/2031', '4', '2031'],
      ['04 / 31', '4', '31'],
      ['2031-04', '4', '2031'],
    ] as const) {
      const [row] = await cardsOf(`number,expiry\n4242424242424242,${text}\n`);
      const card = row?.method['card'];
      assert.deepEqual(card, { ...wanted, exp_month: month, exp_year: year }, text);
    }
    const [none] = await cardsOf('number,expiry\n4242424242424242,soon\n');
    assert.deepEqual(none, { row: 1, reason: 'There is no expiry that can be read.' });
  });

  test('that hold security codes, PINs or tracks are known, whatever they are called', () => {
    for (const name of [
      'cvc',
      'CVV',
      'cvv2',
      'card.cvc',
      'Card CVV',
      'card_cvc2',
      'Security Code',
      'credit_card.cvv',
      'card.security_code',
      'CSC',
      'CID',
      'pin',
      'card.track1',
      'Track 2',
      'track_2_data',
      'metadata.cvc',
      'cards.[].cvv',
    ]) {
      assert.equal(isForbiddenColumn(name), true, name);
    }
    for (const name of ['cvc_check', 'cvv_response', 'city', 'metadata.cid', 'id', 'shipping']) {
      assert.equal(isForbiddenColumn(name), false, name);
    }
  });
});

test('a gateway that moves no cards does not load the library of OpenPGP', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
    (file) => !/test/.test(file),
  );
  const loading = files.filter((file) =>
    /^import (?!type ).*from 'openpgp'/m.test(readFileSync(new URL(file, import.meta.url), 'utf8')),
  );
  assert.deepEqual(loading, []);
});
