import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  ascii1987,
  createFrameDecoder,
  deriveDialect,
  encodeFrame,
  type Frame,
  type Framing,
  unpack,
} from '#kit/iso8583';
import { seededPick } from './for-tests.ts';

const plain: Framing = {
  length: 'binary-2',
  countsItself: false,
  headerBytes: 0,
  countsHeader: true,
  messageBytesMax: 4_096,
  idleFrames: false,
};
const none = Buffer.alloc(0);
const hex = (digits: string): Buffer => Buffer.from(digits, 'hex');

const framings: readonly Framing[] = (['binary-2', 'bcd-2', 'ascii-4'] as const).flatMap((length) =>
  [false, true].flatMap((countsItself) =>
    [0, 5].flatMap((headerBytes) =>
      [false, true].map((countsHeader) => ({
        ...plain,
        length,
        countsItself,
        headerBytes,
        countsHeader,
      })),
    ),
  ),
);
const nameOf = (framing: Framing): string =>
  `${framing.length}${framing.countsItself ? ', counts itself' : ''}, header ${framing.headerBytes}${
    framing.countsHeader ? ' counted' : ''
  }`;

const threeFrames = (framing: Framing): Frame[] =>
  [1, 40, 9].map((length, at) => ({
    header: Buffer.alloc(framing.headerBytes, 0x60 + at),
    message: Buffer.alloc(length, 0x41 + at),
  }));

/** The length in front of a message of so many bytes. */
const lengthOf = (framing: Framing, length: number): string =>
  encodeFrame(framing, { header: none, message: Buffer.alloc(length) })
    .subarray(0, framing.length === 'ascii-4' ? 4 : 2)
    .toString('hex');

describe('a frame', () => {
  // moov-io/iso8583, network/*_test.go, Apache-2.0.
  test('has the length that others write', () => {
    assert.equal(lengthOf(plain, 319), '013f');
    assert.equal(lengthOf({ ...plain, length: 'bcd-2' }, 115), '0115');
    assert.equal(
      lengthOf({ ...plain, length: 'ascii-4' }, 115),
      Buffer.from('0115').toString('hex'),
    );
    // Their four bytes of length and flags: a header of two that is not counted.
    const flags = { ...plain, headerBytes: 2, countsHeader: false };
    const bytes = encodeFrame(flags, { header: hex('0000'), message: Buffer.alloc(15) });
    assert.equal(bytes.toString('hex', 0, 4), '000f0000');
  });

  // Stack Overflow, CC BY-SA, from a question about the log of a cash machine: length, ten bytes of
  // route, a message with bitmaps in binary and text in ASCII.
  test('of a real log is taken apart and its message read', () => {
    const bytes = Buffer.concat([
      hex('005b'),
      Buffer.from('01100000000820', 'latin1'),
      hex('80380000008100000400000000000000'),
      Buffer.from('362910102957103110000005031SU20111031102957201110311029573001', 'latin1'),
    ]);
    const { frames } = createFrameDecoder({ ...plain, headerBytes: 10 }).push(bytes);
    assert.equal(frames.length, 1);
    const dialect = deriveDialect(ascii1987, { name: 'log', spelling: { bitmap: 'bytes' } });
    assert.deepEqual(unpack(dialect, frames[0]?.message ?? none), {
      ok: true,
      message: {
        mti: '0820',
        fields: {
          11: '362910',
          12: '102957',
          13: '1031',
          41: '10000005',
          48: 'SU20111031102957201110311029573',
          70: '001',
        },
      },
    });
  });

  for (const framing of framings) {
    test(`arrives whole wherever the stream is cut: ${nameOf(framing)}`, () => {
      const frames = threeFrames(framing);
      const stream = Buffer.concat(frames.map((frame) => encodeFrame(framing, frame)));
      for (let cut = 0; cut <= stream.length; cut += 1) {
        const decoder = createFrameDecoder(framing);
        const first = decoder.push(stream.subarray(0, cut));
        const second = decoder.push(stream.subarray(cut));
        assert.deepEqual([...first.frames, ...second.frames], frames);
        assert.equal(decoder.end(), undefined);
      }
    });

    test(`arrives whole byte by byte, and nothing more than it is held: ${nameOf(framing)}`, () => {
      const frames = threeFrames(framing);
      const stream = Buffer.concat(frames.map((frame) => encodeFrame(framing, frame)));
      const decoder = createFrameDecoder(framing);
      const arrived: Frame[] = [];
      for (let at = 0; at < stream.length; at += 1) {
        const decoded = decoder.push(stream.subarray(at, at + 1));
        arrived.push(...decoded.frames);
        assert.ok(decoder.pendingBytes() <= 4 + framing.headerBytes + 40);
        const ended = decoder.end();
        if (decoder.pendingBytes() > 0) assert.equal(ended?.code, 'truncated');
      }
      assert.deepEqual(arrived, frames);
    });
  }

  test('does not share memory with the chunk it came in', () => {
    const chunk = encodeFrame(plain, { header: none, message: Buffer.from('message') });
    const { frames } = createFrameDecoder(plain).push(chunk);
    chunk.fill(0);
    assert.equal(frames[0]?.message.toString(), 'message');
  });

  test('of no bytes is a sign of life only where the link says so', () => {
    const idle = { ...plain, idleFrames: true };
    const message = encodeFrame(plain, { header: none, message: Buffer.from('m') });
    const { frames, refusal } = createFrameDecoder(idle).push(
      Buffer.concat([hex('0000'), message, hex('0000')]),
    );
    assert.equal(frames.length, 1);
    assert.equal(refusal, undefined);
    const withHeader = { ...idle, headerBytes: 5 };
    const life = createFrameDecoder(withHeader).push(hex('00056000010002'));
    assert.deepEqual(life, { frames: [] });
  });
});

describe('a length that lies', () => {
  const lies: readonly (readonly [string, Framing, Buffer, string])[] = [
    ['too long', plain, hex('1001'), 'frame_too_long'],
    ['the longest there is', plain, hex('ffff'), 'frame_too_long'],
    ['nothing', plain, hex('0000'), 'frame_empty'],
    ['less than itself', { ...plain, countsItself: true }, hex('0001'), 'frame_too_short'],
    ['only itself', { ...plain, countsItself: true }, hex('0002'), 'frame_empty'],
    ['less than the header', { ...plain, headerBytes: 5 }, hex('0004'), 'frame_too_short'],
    ['only the header', { ...plain, headerBytes: 5 }, hex('0005'), 'frame_empty'],
    ['no digits of BCD', { ...plain, length: 'bcd-2' }, hex('01f5'), 'length_bad_digit'],
    ['no digits of text', { ...plain, length: 'ascii-4' }, Buffer.from('01 5'), 'length_bad_digit'],
    ['a sign', { ...plain, length: 'ascii-4' }, Buffer.from('-001'), 'length_bad_digit'],
  ];
  for (const [name, framing, bytes, code] of lies) {
    test(`ends the link and holds nothing: ${name}`, () => {
      const decoder = createFrameDecoder(framing);
      const good = encodeFrame(framing, {
        header: Buffer.alloc(framing.headerBytes),
        message: Buffer.from('first'),
      });
      const { frames, refusal } = decoder.push(Buffer.concat([good, bytes, good]));
      assert.equal(frames.length, 1);
      assert.deepEqual([refusal?.path, refusal?.code], ['frame', code]);
      const after = decoder.push(good);
      assert.deepEqual([after.frames.length, after.refusal?.code], [0, code]);
      assert.equal(decoder.end()?.code, code);
      assert.ok(decoder.pendingBytes() <= 4);
    });
  }

  test('never makes a decoder throw or hold more than a frame, whatever comes', () => {
    const pick = seededPick(20_260_801);
    for (const framing of framings) {
      for (let run = 0; run < 500; run += 1) {
        const decoder = createFrameDecoder(framing);
        for (let chunk = 0; chunk < 5; chunk += 1) {
          decoder.push(Buffer.from(Array.from({ length: pick(300) }, () => pick(256))));
          assert.ok(decoder.pendingBytes() <= 4 + framing.headerBytes + framing.messageBytesMax);
        }
      }
    }
  });
});
