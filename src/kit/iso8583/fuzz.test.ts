// Frames that were right and then were damaged. Whatever comes out is a message or a refusal; a
// message that comes out writes to the bytes it came from; and nothing takes long. 5,000,000 frames
// in a full run.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Dialect, describeLine, MESSAGE_BYTES_MAX, pack, unpack } from '#kit/iso8583';
import { processorMs } from '../context/for-tests.ts';
import { anyMessage, type Pick, seededPick } from './for-tests.ts';
import { dialects } from './for-tests-dialects.ts';
import { goldenMessages } from './for-tests-golden.ts';

const frames = process.env['TOLLGATE_TEST_FULL'] === '1' ? 5_000_000 : 100_000;
const SLOWEST_MS = 50;
// One that the collector of garbage fell into is not a slow frame; one that stays slow is.
const SUSPECT_MS = 2;
const seed = 20_260_801;

type Sample = { readonly dialect: Dialect; readonly bytes: Buffer };

const samples = (pick: Pick): readonly Sample[] => [
  ...goldenMessages,
  ...dialects.flatMap((dialect) =>
    Array.from({ length: 60 }, () => ({
      dialect,
      bytes: pack(dialect, anyMessage(dialect, pick)),
    })),
  ),
];

const damages: readonly ((bytes: Buffer, pick: Pick) => Buffer)[] = [
  function flipBit(bytes, pick) {
    const place = pick(bytes.length);
    bytes[place] = (bytes[place] as number) ^ (1 << pick(8));
    return bytes;
  },
  function otherByte(bytes, pick) {
    bytes[pick(bytes.length)] = pick(256);
    return bytes;
  },
  function cut(bytes, pick) {
    return bytes.subarray(0, pick(bytes.length));
  },
  function insert(bytes, pick) {
    const place = pick(bytes.length);
    const more = Buffer.alloc(1 + pick(16), pick(256));
    return Buffer.concat([bytes.subarray(0, place), more, bytes.subarray(place)]);
  },
  function remove(bytes, pick) {
    const place = pick(bytes.length);
    return Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + 1 + pick(8))]);
  },
  function lieInBitmap(bytes, pick) {
    bytes[2 + pick(34)] = pick(2) === 0 ? 0xff : pick(256);
    return bytes;
  },
  function nines(bytes, pick) {
    return bytes.fill(pick(2) === 0 ? 0x99 : 0x39, pick(bytes.length));
  },
  function nest(bytes, pick) {
    return bytes.fill(0xe0, pick(bytes.length));
  },
];

const damaged = ({ bytes }: Sample, pick: Pick): Buffer => {
  let result = Buffer.from(bytes);
  for (let times = 1 + pick(3); times > 0 && result.length > 40; times -= 1) {
    result = (damages[pick(damages.length)] as (typeof damages)[number])(
      result,
      pick,
    ) as typeof result;
  }
  return result;
};

const timed = (dialect: Dialect, bytes: Buffer): number =>
  processorMs(() => void unpack(dialect, bytes));

describe('a damaged message', () => {
  test(`is a message or a refusal, and never slow: ${frames} of them`, (context) => {
    const pick = seededPick(seed);
    const all = samples(pick);
    let refused = 0;
    let slowest = 0;
    for (let frame = 0; frame < frames; frame += 1) {
      const sample = all[pick(all.length)] as Sample;
      const { dialect } = sample;
      const bytes = damaged(sample, pick);
      const shown = (): string =>
        `seed ${seed}, frame ${frame}, ${dialect.name}: ${bytes.toString('hex')}`;

      const read = unpack(dialect, bytes);
      let took = timed(dialect, bytes);
      for (let again = 0; took > SUSPECT_MS && again < 3; again += 1) {
        took = Math.min(took, timed(dialect, bytes));
      }
      if (took > SLOWEST_MS) assert.fail(`${took} ms, ${shown()}`);
      slowest = Math.max(slowest, took);

      if (!read.ok) {
        refused += 1;
        continue;
      }
      if (!pack(dialect, read.message).equals(bytes)) assert.fail(`other bytes, ${shown()}`);
      describeLine(dialect, read.message);
    }
    context.diagnostic(
      `${refused} of ${frames} refused, the slowest took ${slowest.toFixed(3)} ms`,
    );
    assert.ok(refused > frames / 2 && refused < frames);
  });

  test('is not slow when it is as long as can be', () => {
    for (const dialect of dialects) {
      for (const byte of [0x00, 0x30, 0x39, 0x82, 0x99, 0xe0, 0xf0, 0xf9, 0xff]) {
        const bytes = Buffer.alloc(MESSAGE_BYTES_MAX, byte);
        const start = pack(dialect, { mti: '0100', fields: {} });
        for (const head of [0, 4, start.length]) {
          start.copy(bytes, 0, 0, head);
          const times = [1, 2, 3].map(() => timed(dialect, bytes));
          assert.ok(Math.min(...times) <= SLOWEST_MS);
        }
      }
    }
  });
});
