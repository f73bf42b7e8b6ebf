import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { newUuid, parseId, spellBytes, spellId, uuidAt, uuidFromBytes, uuidMs } from '#kit/ids';
import { manualClock, seededRandom } from '../context/for-tests.ts';

const anyUuid = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .map((bytes) => uuidFromBytes(Buffer.from(bytes)));

const spellSlowly = (hex: string, letters: number): string => {
  let rest = BigInt(`0x${hex}`);
  let spelled = '';
  for (let place = 0; place < letters; place += 1) {
    const digit = Number(rest % 62n);
    // The digits, then capitals, then small letters.
    const code = digit < 10 ? digit + 48 : digit < 36 ? digit + 55 : digit + 61;
    spelled = String.fromCharCode(code) + spelled;
    rest /= 62n;
  }
  return spelled;
};

describe('an id', () => {
  test('is read back as it was spelled', () => {
    fc.assert(
      fc.property(anyUuid, (uuid) => {
        assert.equal(parseId('cus', spellId('cus', uuid)), uuid);
      }),
    );
  });

  test('is its 128 bits in base 62', () => {
    fc.assert(
      fc.property(anyUuid, (uuid) => {
        const spelled = `cus_${spellSlowly(uuid.replaceAll('-', ''), 22)}`;
        assert.equal(spellId('cus', uuid), spelled);
        assert.equal(spellId('cus', uuid.toUpperCase()), spelled);
      }),
    );
    assert.equal(
      spellId('cus', `${'0'.repeat(8)}-0000-0000-0000-${'0'.repeat(12)}`),
      `cus_${'0'.repeat(22)}`,
    );
  });

  test('is the last one where all bits are set, and none beyond', () => {
    const last = `${'f'.repeat(8)}-ffff-ffff-ffff-${'f'.repeat(12)}`;
    const spelled = spellId('cus', last);
    assert.equal(spelled, 'cus_7n42DGM5Tflk9n8mt7Fhc7');
    assert.equal(parseId('cus', spelled), last);
    assert.equal(parseId('cus', `${spelled.slice(0, -1)}8`), null);
  });

  test('of another kind, length, alphabet or range is not an id', () => {
    const spelled = spellId('cus', newUuid({ clock: manualClock(), random: seededRandom(1) }));
    for (const wrong of [
      spelled.replace('cus_', 'pi_'),
      `${spelled}0`,
      spelled.slice(0, -1),
      `${spelled.slice(0, -1)}-`,
      'cus_zzzzzzzzzzzzzzzzzzzzzz',
      '',
      'cus_',
    ]) {
      assert.equal(parseId('cus', wrong), null, wrong);
    }
  });

  test('made later sorts later, within a millisecond, across a counter overflow and as text', () => {
    const clock = manualClock();
    const random = seededRandom(2);
    const made: string[] = [];
    for (let n = 0; n < 10_000; n += 1) {
      if (n % 3000 === 0) clock.advance(1);
      made.push(newUuid({ clock, random }));
    }
    assert.deepEqual(made, made.toSorted());
    assert.equal(new Set(made).size, made.length);
    const spelled = made.map((uuid) => spellId('evt', uuid));
    assert.deepEqual(spelled, spelled.toSorted());
  });

  test('keeps its order when the clock steps back a little', () => {
    const clock = manualClock();
    const random = seededRandom(3);
    const before = newUuid({ clock, random });
    clock.advance(-5_000);
    assert.ok(newUuid({ clock, random }) > before);
  });

  test('tells the millisecond it was made in', () => {
    const clock = manualClock();
    const uuid = newUuid({ clock, random: seededRandom(4) });
    assert.equal(uuidMs(uuid), clock.now());
    assert.ok(uuidAt(clock.now()) <= uuid);
    assert.ok(uuid < uuidAt(clock.now() + 1));
  });
});

test('Bytes are spelled in as many letters as they may need, whatever they are', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 112 }), (given) => {
      const bytes = Buffer.from(given);
      const letters = Math.ceil((bytes.length * 8) / Math.log2(62));
      assert.equal(spellBytes(bytes), spellSlowly(bytes.toString('hex'), letters));
    }),
  );
  assert.equal(spellBytes(Buffer.alloc(4)), '000000');
});
