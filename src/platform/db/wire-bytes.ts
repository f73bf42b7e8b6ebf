// Memory that grows as it is written to.

import { Buffer } from 'node:buffer';

const FIRST_BYTES = 16_384;

export type Bytes = { buffer: Buffer; at: number };

export const newBytes = (): Bytes => ({ buffer: Buffer.allocUnsafe(FIRST_BYTES), at: 0 });

export const room = (out: Bytes, bytes: number): void => {
  if (out.at + bytes <= out.buffer.length) return;
  const larger = Buffer.allocUnsafe(Math.max(out.buffer.length * 2, out.at + bytes));
  out.buffer.copy(larger, 0, 0, out.at);
  out.buffer = larger;
};

export const int8 = (out: Bytes, value: number): void => {
  room(out, 1);
  out.buffer[out.at] = value;
  out.at += 1;
};

export const int16 = (out: Bytes, value: number): void => {
  room(out, 2);
  out.at = out.buffer.writeInt16BE(value, out.at);
};

export const int32 = (out: Bytes, value: number): void => {
  room(out, 4);
  out.at = out.buffer.writeInt32BE(value, out.at);
};

export const int64 = (out: Bytes, value: bigint): void => {
  room(out, 8);
  out.at = out.buffer.writeBigInt64BE(value, out.at);
};

// A character of JavaScript never needs more than three bytes of UTF-8.
export const characters = (out: Bytes, text: string): void => {
  room(out, text.length * 3);
  out.at += out.buffer.write(text, out.at);
};

export const copied = (out: Bytes, bytes: Buffer): void => {
  room(out, bytes.length);
  out.at += bytes.copy(out.buffer, out.at);
};

/** Whatever `write` writes, with its length before it. */
export const measured = (out: Bytes, write: () => void): void => {
  int32(out, 0);
  const begun = out.at;
  write();
  out.buffer.writeInt32BE(out.at - begun, begun - 4);
};
