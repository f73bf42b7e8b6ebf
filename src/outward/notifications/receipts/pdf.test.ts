import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { deflateSync, inflateSync } from 'node:zlib';
import { canBeWritten, widthOf, writePdf } from './pdf.ts';
import { pictureIn } from './pdf-picture.ts';
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

describe('a logo', () => {
  // Four lines of three points, each line packed by another filter, with one point that is half clear.
  const width = 3;
  const points = Buffer.from(
    Array.from({ length: 5 * width * 4 }, (_, at) =>
      at % 4 === 3 ? (at === 27 ? 128 : 255) : (at * 37) & 255,
    ),
  );
  const at = (row: number, value: number): number =>
    row < 0 || value < 0 ? 0 : points.readUInt8(row * width * 4 + value);
  const paeth = (a: number, b: number, c: number): number =>
    [a, b, c].toSorted((x, y) => Math.abs(a + b - c - x) - Math.abs(a + b - c - y))[0] ?? 0;
  const filters = [
    () => 0,
    (row: number, value: number) => at(row, value - 4),
    (row: number, value: number) => at(row - 1, value),
    (row: number, value: number) => (at(row, value - 4) + at(row - 1, value)) >> 1,
    (row: number, value: number) =>
      paeth(at(row, value - 4), at(row - 1, value), value < 4 ? 0 : at(row - 1, value - 4)),
  ];
  const packed = filters.flatMap((guess, row) => [
    row,
    ...Array.from({ length: width * 4 }, (_, value) => (at(row, value) - guess(row, value)) & 255),
  ]);
  const chunk = (name: string, content: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(content.length);
    head.write(name, 4, 'latin1');
    return Buffer.concat([head, content, Buffer.alloc(4)]);
  };
  const png = (columns: number, type: number, interlaced = 0): string => {
    const header = Buffer.alloc(13);
    header.writeUInt32BE(columns);
    header.writeUInt32BE(5, 4);
    header.set([8, type, 0, 0, interlaced], 8);
    const bytes = Buffer.concat([
      Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
      chunk('IHDR', header),
      chunk('IDAT', deflateSync(Buffer.from(packed))),
    ]);
    return `data:image/png;base64,${bytes.toString('base64')}`;
  };

  test('that is partly clear is its colours, and how clear they are', () => {
    const picture = pictureIn(png(width, 6));
    const every = [...points];
    assert.deepEqual(
      [...inflateSync(picture?.data ?? Buffer.alloc(0))],
      every.filter((_, index) => index % 4 !== 3),
    );
    assert.deepEqual(
      [...inflateSync(picture?.mask ?? Buffer.alloc(0))],
      every.filter((_, index) => index % 4 === 3),
    );
  });

  test('that cannot be put in is left out: too large, in pieces, of another kind, broken', () => {
    assert.equal(pictureIn(png(900_000, 6)), null);
    assert.equal(pictureIn(png(width, 6, 1)), null);
    assert.equal(pictureIn('data:image/svg+xml;base64,PHN2Zy8+'), null);
    assert.equal(pictureIn('data:image/jpeg;base64,/9j/4AAQ'), null);
    assert.equal(pictureIn(png(width, 6).slice(0, 120)), null);
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
