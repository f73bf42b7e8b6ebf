// Messages on a stream: a length in front, perhaps a short header for the route, then the message.
// A link that says nonsense once cannot be trusted to say where the next message begins, so a decoder
// that has refused refuses for good, and the link is dropped.

import { assert } from '#kit/assert';
import { MESSAGE_BYTES_MAX } from './dialect.ts';
import { type LengthCodec, lengthCodecOf, NO_LENGTH } from './encodings.ts';
import { type Refusal, refuse } from './refusal.ts';

export type Framing = {
  readonly length: 'binary-2' | 'bcd-2' | 'ascii-4';
  /** Whether the length counts its own bytes. */
  readonly countsItself: boolean;
  /** Bytes between length and message: 5 for a TPDU, 0 for none. */
  readonly headerBytes: number;
  /** Whether the length counts those. */
  readonly countsHeader: boolean;
  /** The longest message, without length and header. */
  readonly messageBytesMax: number;
  /** A length of nothing is a sign of life on some links; elsewhere it is nonsense. */
  readonly idleFrames: boolean;
};

export type Frame = { readonly header: Buffer; readonly message: Buffer };

const lengths: Readonly<Record<Framing['length'], LengthCodec>> = {
  'binary-2': lengthCodecOf('binary', 4),
  'bcd-2': lengthCodecOf('bcd', 4),
  'ascii-4': lengthCodecOf('ascii', 4),
};

/** What the length adds to the bytes of the message. */
const overhead = ({ length, countsItself, countsHeader, headerBytes }: Framing): number =>
  (countsItself ? lengths[length].size : 0) + (countsHeader ? headerBytes : 0);

/** A frame that the other side would refuse is a bug: nothing of it is sent. */
export const encodeFrame = (framing: Framing, frame: Frame): Buffer => {
  const codec = lengths[framing.length];
  const { header, message } = frame;
  assert(header.length === framing.headerBytes, 'A frame has the header of its link');
  assert(message.length > 0, 'A frame holds a message');
  assert(message.length <= framing.messageBytesMax, 'A message is longer than its link allows');
  const length = message.length + overhead(framing);
  assert(length <= codec.limit, 'A message is longer than its length can say');

  const bytes = Buffer.allocUnsafe(codec.size + header.length + message.length);
  codec.write(bytes, 0, length);
  header.copy(bytes, codec.size);
  message.copy(bytes, codec.size + header.length);
  return bytes;
};

/** The messages that a chunk completed, in order, and then perhaps why the link has to end. */
export type Decoded = { readonly frames: readonly Frame[]; readonly refusal?: Refusal };

export type FrameDecoder = {
  readonly push: (chunk: Buffer) => Decoded;
  /** The stream has ended; a refusal when that cut a frame. */
  readonly end: () => Refusal | undefined;
  /** Bytes that are held for a frame that is not complete: never more than one frame. */
  readonly pendingBytes: () => number;
};

export const createFrameDecoder = (framing: Framing): FrameDecoder => {
  assert(
    framing.messageBytesMax <= MESSAGE_BYTES_MAX,
    'No link takes longer messages than we read',
  );
  const codec = lengths[framing.length];
  const lengthBytes = Buffer.alloc(codec.size);
  let lengthFilled = 0;
  // Present once the length is known: room for header and message, and no more.
  let body: Buffer | undefined;
  let bodyFilled = 0;
  let refusal: Refusal | undefined;

  const beginBody = (): Refusal | undefined => {
    const size = bodySize(framing, codec.read(lengthBytes, 0));
    if (typeof size !== 'number') return size;
    lengthFilled = 0;
    bodyFilled = 0;
    if (size > 0) body = Buffer.allocUnsafe(size);
    return undefined;
  };

  const push = (chunk: Buffer): Decoded => {
    const frames: Frame[] = [];
    let at = 0;
    while (refusal === undefined && at < chunk.length) {
      if (body === undefined) {
        const taken = chunk.copy(lengthBytes, lengthFilled, at);
        lengthFilled += taken;
        at += taken;
        if (lengthFilled === codec.size) refusal = beginBody();
        continue;
      }
      const taken = chunk.copy(body, bodyFilled, at);
      bodyFilled += taken;
      at += taken;
      if (bodyFilled < body.length) continue;
      const message = body.subarray(framing.headerBytes);
      if (message.length > 0) {
        frames.push({ header: body.subarray(0, framing.headerBytes), message });
      }
      body = undefined;
    }
    return refusal === undefined ? { frames } : { frames, refusal };
  };

  const pendingBytes = (): number => (body === undefined ? lengthFilled : codec.size + bodyFilled);
  const end = (): Refusal | undefined =>
    refusal ?? (pendingBytes() > 0 ? refuse('frame', 'truncated') : undefined);
  return { push, end, pendingBytes };
};

/** Header and message together, 0 for a sign of life, or why the length cannot be true. */
const bodySize = (framing: Framing, length: number): number | Refusal => {
  if (length === NO_LENGTH) return refuse('frame', 'length_bad_digit');
  if (length === 0 && framing.idleFrames) return 0;
  const message = length - overhead(framing);
  if (message < 0) return refuse('frame', 'frame_too_short');
  if (message === 0)
    return framing.idleFrames ? framing.headerBytes : refuse('frame', 'frame_empty');
  if (message > framing.messageBytesMax) return refuse('frame', 'frame_too_long');
  return framing.headerBytes + message;
};
