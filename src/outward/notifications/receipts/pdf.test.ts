import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { canBeWritten, widthOf, writePdf } from './pdf.ts';
import { spellReceiptNumber } from './receipt-number.ts';

describe('a PDF', () => {
  test('has its objects where its table says, and its text in it', () => {
    const pdf = writePdf({
      title: 'Reçu – Fern & Tide',
      texts: [{ text: '12,50 €', x: 10, y: 20, size: 12 }],
      rules: [{ fromX: 1, toX: 2, y: 3 }],
    }).toString('latin1');
    const start = Number(/startxref\n(\d+)\n/.exec(pdf)?.[1]);
    assert.equal(pdf.slice(start, start + 4), 'xref');
    const rows = [...pdf.slice(start).matchAll(/^(\d{10}) 00000 n $/gm)];
    assert.equal(rows.length, 7);
    for (const [index, [, offset]] of rows.entries()) {
      assert.ok(pdf.slice(Number(offset)).startsWith(`${index + 1} 0 obj`), `object ${index + 1}`);
    }
    const length = Number(/\/Length (\d+)/.exec(pdf)?.[1]);
    const stream = /stream\n([\s\S]*?)endstream/.exec(pdf)?.[1] ?? '';
    assert.equal(stream.length, length);
    assert.ok(stream.includes(`<${Buffer.from('12,50 \x80', 'latin1').toString('hex')}> Tj`));
  });

  test('is not made of letters that its fonts do not have', () => {
    assert.ok(canBeWritten('Größe, reçu, año, “Tea” – 12,50 € •••• 4242'));
    assert.ok(canBeWritten('1\u202f234,50\u00a0€'));
    for (const text of ['Łódź', '領収書', 'إيصال', 'Чек', '🍵', 'a\nb']) {
      assert.ok(!canBeWritten(text), text);
    }
  });

  test('measures text, so that what stands at the right edge ends there', () => {
    assert.equal(widthOf('iiii', 1000), 888);
    assert.equal(widthOf('é', 1000), widthOf('e', 1000));
    assert.ok(widthOf('WWW', 10) > widthOf('iii', 10));
  });
});

test('numbers of receipts are all different, and do not tell how many there were', () => {
  const account = '018f0000-0000-7000-8000-000000000001';
  const numbers = Array.from({ length: 30_000 }, (_, n) => spellReceiptNumber(account, n + 1));
  assert.equal(new Set(numbers).size, numbers.length);
  assert.ok(numbers.every((number) => /^\d{4}-\d{4}$/.test(number)));
  const steps = new Set(
    numbers.slice(0, 50).map((n, i) => Number(numbers[i + 1]?.slice(5)) - Number(n.slice(5))),
  );
  assert.ok(!steps.has(1));
});
