// Memory that grows as it is written to.

import { Buffer } from 'node:buffer';

const FIRST_BYTES = 16_384;

/** The same memory twice: numbers are written through the view, which the engine does without a call. */
export type Bytes = { buffer: Buffer; view: DataView; at: number };

export const newBytes = (): Bytes => ({ ...memory(FIRST_BYTES), at: 0 });

const memory = (bytes: number): Pick<Bytes, 'buffer' | 'view'> => {
  const buffer = Buffer.allocUnsafe(bytes);
  return { buffer, view: new DataView(buffer.buffer, buffer.byteOffset, buffer.length) };
};

export const room = (out: Bytes, bytes: number): void => {
  if (out.at + bytes <= out.buffer.length) return;
  const { buffer, view } = memory(Math.max(out.buffer.length * 2, out.at + bytes));
  out.buffer.copy(buffer, 0, 0, out.at);
  out.buffer = buffer;
  out.view = view;
};

export const int8 = (out: Bytes, value: number): void => {
  room(out, 1);
  out.buffer[out.at] = value;
  out.at += 1;
};

export const int16 = (out: Bytes, value: number): void => {
  room(out, 2);
  out.view.setInt16(out.at, value);
  out.at += 2;
};

export const int32 = (out: Bytes, value: number): void => {
  room(out, 4);
  out.view.setInt32(out.at, value);
  out.at += 4;
};

export const int64 = (out: Bytes, value: bigint): void => {
  room(out, 8);
  out.view.setBigInt64(out.at, value);
  out.at += 8;
};

const HALF = 2 ** 32;

/** The same of one that a number holds: a bigint made of it for the purpose costs more than all the rest. */
export const wholeNumber = (out: Bytes, value: number): void => {
  room(out, 8);
  const high = Math.floor(value / HALF);
  out.view.setInt32(out.at, high);
  out.view.setUint32(out.at + 4, value - high * HALF);
  out.at += 8;
};

/** How much was written since, where room for it was left. */
export const lengthSince = (out: Bytes, begun: number): void => {
  out.view.setInt32(begun, out.at - begun - 4);
};

// A character of JavaScript never needs more than three bytes of UTF-8.
export const characters = (out: Bytes, text: string): void => {
  room(out, text.length * 3);
  out.at += out.buffer.write(text, out.at);
};

export const copied = (out: Bytes, bytes: Uint8Array): void => {
  room(out, bytes.length);
  out.buffer.set(bytes, out.at);
  out.at += bytes.length;
};
