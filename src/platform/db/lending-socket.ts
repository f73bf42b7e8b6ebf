// A socket that reads into one piece of memory and lends it, where Node's own gives each reading 64 kB of its
// own, hands it through a stream, and looks after that stream in a later step.

import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** Whoever wants to keep a piece copies it. */
export type Heard = (piece: Buffer) => void;

const BYTES = 65_536;

const hearers = new WeakMap<Duplex, { heard: Heard }>();

/** As long as nobody hears it directly, it is a socket like any other. */
export const lendingSocket = (): Socket => {
  const buffer = Buffer.allocUnsafeSlow(BYTES);
  const callback = (bytes: number): boolean => {
    hearer.heard(buffer.subarray(0, bytes));
    return true;
  };
  const socket = new Socket({ onread: { buffer, callback } });
  const hearer = { heard: (piece: Buffer) => void socket.emit('data', Buffer.from(piece)) };
  hearers.set(socket, hearer);
  return socket;
};

/** From now on this one hears what comes, and nobody else. */
export const hearDirectly = (stream: Duplex, heard: Heard): void => {
  const hearer = hearers.get(stream);
  if (hearer !== undefined) {
    hearer.heard = heard;
    return;
  }
  stream.removeAllListeners('data');
  stream.on('data', heard);
};
