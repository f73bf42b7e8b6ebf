// One TCP connection of a gateway. Frames are read strictly: after the first that makes no sense the
// link is reset, since nothing says where the next one begins.

import type { Socket } from 'node:net';
import {
  createFrameDecoder,
  type Dialect,
  encodeFrame,
  type Framing,
  type Message,
  pack,
  unpack,
} from '#kit/iso8583';
import type { WireLog } from './wire-log.ts';

export type Link = {
  readonly number: number;
  isSignedOn: boolean;
  /** The answer before this one, for the fault that mixes answers up. */
  previous: Message | undefined;
  isOpen(): boolean;
  send(message: Message): void;
  /** The first bytes of a frame, and then the end of the link. */
  sendCut(message: Message, bytesOf: (length: number) => number): void;
  reset(why: string): void;
  end(): void;
};

export type LinkSettings = {
  readonly number: number;
  readonly socket: Socket;
  readonly dialect: Dialect;
  readonly framing: Framing;
  readonly wireLog: WireLog;
  readonly take: (link: Link, message: Message) => Promise<void>;
  readonly onClose: (link: Link) => void;
};

const IN_FLIGHT_MAX = 512;
const UNSENT_BYTES_MAX = 1_048_576;

export const openLink = (settings: LinkSettings): Link => {
  const { number, socket, dialect, framing, wireLog, take, onClose } = settings;
  const decoder = createFrameDecoder(framing);
  const noHeader = Buffer.alloc(framing.headerBytes);
  let inFlight = 0;

  const isOpen = (): boolean => !socket.destroyed && socket.writable;
  const reset = (why: string): void => {
    if (socket.destroyed) return;
    wireLog.event(number, `reset: ${why}`);
    // A connection that is being ended cannot be reset any more: the runtime would hold it for good, say
    // that it is closed to nobody, and never let its process end.
    if (socket.writableEnded) socket.destroy();
    else socket.resetAndDestroy();
  };
  const frameOf = (message: Message): Buffer =>
    encodeFrame(framing, { header: noHeader, message: pack(dialect, message) });

  const send = (message: Message): void => {
    if (!isOpen()) return;
    if (socket.writableLength > UNSENT_BYTES_MAX) {
      reset('the other side does not read');
      return;
    }
    socket.write(frameOf(message));
    wireLog.message(number, 'out', message);
  };

  const sendCut: Link['sendCut'] = (message, bytesOf) => {
    if (!isOpen()) return;
    const frame = frameOf(message);
    const bytes = Math.min(bytesOf(frame.length), frame.length - 1);
    wireLog.event(number, `cut after ${bytes} bytes`);
    socket.end(frame.subarray(0, bytes));
  };

  const link: Link = {
    number,
    isSignedOn: false,
    previous: undefined,
    isOpen,
    send,
    sendCut,
    reset,
    end: () => {
      socket.destroy();
    },
  };

  const settle = (): void => {
    inFlight -= 1;
    if (inFlight === IN_FLIGHT_MAX / 2) socket.resume();
  };
  const takeFrame = (bytes: Buffer): boolean => {
    const read = unpack(dialect, bytes);
    if (!read.ok) {
      reset(read.reason);
      return false;
    }
    wireLog.message(number, 'in', read.message);
    inFlight += 1;
    if (inFlight === IN_FLIGHT_MAX) socket.pause();
    take(link, read.message)
      .catch(() => reset('the world has ended'))
      .finally(settle);
    return true;
  };

  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('close', () => onClose(link));
  socket.on('end', () => {
    if (decoder.end() !== undefined) wireLog.event(number, 'the other side cut a frame');
  });
  socket.on('data', (chunk: Buffer) => {
    const { frames, refusal } = decoder.push(chunk);
    for (const { message } of frames) if (!takeFrame(message)) return;
    if (refusal !== undefined) reset(refusal.reason);
  });
  return link;
};
