// One TCP or TLS connection to a host: frames out, messages in. After the first bytes that make no sense
// it ends, because nothing says where the next message begins.

import { connect as dial, isIP, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';
import { lookUpWithin, type Reach } from '#kit/context';
import { NotSent } from '#kit/http-client';
import {
  createFrameDecoder,
  encodeFrame,
  type Mac,
  type Message,
  tryPack,
  unpack,
} from '#kit/iso8583';
import type { AcquirerProfile } from './profile.ts';

export type Endpoint = {
  readonly address: string;
  readonly port: number;
  /** Where its name may lead. */
  readonly reach: Reach;
  readonly tls?: {
    /** In PEM, where the host's is not one that every machine knows. */
    readonly ca?: string;
    readonly serverName?: string;
    /** Ours, in PEM, with its key: where the host wants to know who calls. */
    readonly client?: { readonly certificate: string; readonly key: string };
  };
};

export type Connection = {
  /** False where not a byte of it has left. */
  write(message: Message): boolean;
  isOpen(): boolean;
  /**
   * From now on every message carries and needs a code that proves it. What the host sent before it knew
   * of the new keys is still taken under the last ones, until `forgetLastMac`.
   */
  useMac(mac: Mac): void;
  forgetLastMac(): void;
  end(): void;
  /** Why it ended. */
  readonly ended: Promise<string>;
};

const UNSENT_BYTES_MAX = 1_048_576;

export const openConnection = (
  profile: AcquirerProfile,
  { address, port, reach, tls }: Endpoint,
  take: (message: Message) => void,
  timeoutMs: number,
): Promise<Connection> =>
  new Promise((resolve, reject) => {
    const to = { host: address, port, lookup: lookUpWithin(reach) };
    const socket: Socket =
      tls === undefined
        ? dial(to)
        : dialTls({ ...to, ...secured(address, tls), minVersion: 'TLSv1.2' });
    const tooLong = (): void => {
      socket.destroy(new Error('The host did not take the connection in time'));
    };
    socket.setTimeout(timeoutMs, tooLong);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('The host closed the connection')));
    socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
      socket.setTimeout(0);
      socket.setNoDelay(true);
      resolve(speak(profile, socket, take));
    });
  });

/** A number is no name that a certificate could be asked for. */
const secured = (address: string, { ca, serverName, client }: NonNullable<Endpoint['tls']>) => ({
  ...(serverName === undefined && isIP(address) > 0 ? {} : { servername: serverName ?? address }),
  ...(ca === undefined ? {} : { ca }),
  ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
});

const speak = (
  profile: AcquirerProfile,
  socket: Socket,
  take: (message: Message) => void,
): Connection => {
  const { dialect, framing } = profile;
  const header = Buffer.from(profile.header, 'hex');
  const decoder = createFrameDecoder(framing);
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<string>();
  let mac: Mac | undefined;
  let lastMac: Mac | undefined;
  let why = 'the host closed the connection';

  const end = (reason: string): void => {
    if (socket.destroyed) return;
    why = reason;
    socket.destroy();
  };
  const isOpen = (): boolean =>
    !socket.destroyed && socket.writable && socket.writableLength <= UNSENT_BYTES_MAX;

  const takeFrame = (bytes: Buffer): boolean => {
    const now = unpack(dialect, bytes, mac && { mac });
    const read = now.ok || lastMac === undefined ? now : unpack(dialect, bytes, { mac: lastMac });
    if (!read.ok) {
      end(`unreadable: ${read.reason}`);
      return false;
    }
    take(read.message);
    return true;
  };

  socket.on('error', (error: Error & { code?: string }) => {
    why = error.code ?? 'error';
  });
  socket.on('close', () => onEnd(why));
  socket.on('end', () => {
    if (decoder.end() !== undefined) why = 'unreadable: the host cut a message';
    socket.destroy();
  });
  socket.on('data', (chunk: Buffer) => {
    const { frames, refusal } = decoder.push(chunk);
    for (const { message } of frames) if (!takeFrame(message)) return;
    if (refusal !== undefined) end(`unreadable: ${refusal.reason}`);
  });

  return {
    ended,
    isOpen,
    useMac: (given) => {
      lastMac = mac;
      mac = given;
    },
    forgetLastMac: () => {
      lastMac = undefined;
    },
    end: () => end('closed by us'),
    write: (message) => {
      if (!isOpen()) return false;
      const packed = tryPack(dialect, message, mac && { mac });
      if (!packed.ok) {
        // What a host could not read is not sent; the reason names the field and none of its content.
        throw new NotSent('message_refused', { cause: new Error(packed.reason) });
      }
      const frame = encodeFrame(framing, { header, message: packed.bytes });
      packed.bytes.fill(0);
      // The bytes hold a card's number; once they are with the kernel, nobody here needs them.
      socket.write(frame, () => frame.fill(0));
      return true;
    },
  };
};
