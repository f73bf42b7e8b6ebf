// The gateway's side of the wire: a real connection, and messages with the fields that a host expects.

import { connect, type Socket } from 'node:net';
import {
  createFrameDecoder,
  encodeFrame,
  type Fields,
  type Message,
  pack,
  spellOriginal,
  unpack,
} from '#kit/iso8583';
import { type HostDialect, hostDialects, hostFraming } from '../../../sandbox/acquirer/dialect.ts';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';

export type Gateway = {
  /** The answer with the same trace number, or undefined when the link ended or nothing came. */
  ask(message: Message, timeoutMs?: number): Promise<Message | undefined>;
  send(message: Message): void;
  sendBytes(bytes: Buffer): void;
  /** Everything that came, in order. */
  readonly received: readonly Message[];
  isOpen(): boolean;
  readonly closed: Promise<void>;
  close(): void;
};

export const connectGateway = async (
  port: number,
  { dialect: name = 'ascii', signOn = true }: { dialect?: HostDialect; signOn?: boolean } = {},
): Promise<Gateway> => {
  const dialect = hostDialects[name];
  const socket: Socket = connect({ port, host: '127.0.0.1' });
  const { promise: closed, resolve: onClose } = Promise.withResolvers<void>();
  const received: Message[] = [];
  const waiting = new Map<string, (message: Message | undefined) => void>();
  const decoder = createFrameDecoder(hostFraming);
  let isOpen = true;

  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.on('close', () => {
    isOpen = false;
    for (const resolve of waiting.values()) resolve(undefined);
    onClose();
  });
  socket.on('data', (chunk: Buffer) => {
    for (const { message } of decoder.push(chunk).frames) {
      const read = unpack(dialect, message);
      if (!read.ok) throw new Error(read.reason);
      received.push(read.message);
      waiting.get(String(read.message.fields[11]))?.(read.message);
    }
  });
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve);
    socket.once('close', () => resolve());
  });

  const send = (message: Message): void => {
    const packed = pack(dialect, message);
    socket.write(encodeFrame(hostFraming, { header: Buffer.alloc(0), message: packed }));
  };
  const gateway: Gateway = {
    send,
    received,
    closed,
    isOpen: () => isOpen,
    sendBytes: (bytes) => void socket.write(bytes),
    close: () => void socket.destroy(),
    ask: (message, timeoutMs = 5_000) => {
      const stan = String(message.fields[11]);
      return new Promise((resolve) => {
        const finish = (answer: Message | undefined): void => {
          clearTimeout(timer);
          waiting.delete(stan);
          resolve(answer);
        };
        const timer = setTimeout(() => finish(undefined), timeoutMs);
        waiting.set(stan, finish);
        if (isOpen) send(message);
        else finish(undefined);
      });
    },
  };
  atEnd(() => gateway.close());
  if (signOn) await gateway.ask(network('999999', '001'));
  return gateway;
};

export const TRANSMITTED_AT = '1120120000';

export const network = (stan: string, code: string): Message => ({
  mti: '0800',
  fields: { 7: TRANSMITTED_AT, 11: stan, 70: code },
});

export const stanOf = (count: number): string => String(count).padStart(6, '0');
const rrnOf = (count: number): string => `632412${stanOf(count)}`;

export type Charge = {
  readonly mti?: string;
  readonly card?: string;
  readonly amount?: number;
  readonly currency?: string;
  readonly rrn?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly more?: Fields;
};

/** A purchase, or whatever the type says. */
export const charge = (count: number, given: Charge = {}): Message => {
  const { mti = '0200', card = '4242424242424242', amount = 5_000, currency = '978' } = given;
  return {
    mti,
    fields: {
      2: card,
      3: '000000',
      4: String(amount).padStart(12, '0'),
      7: TRANSMITTED_AT,
      11: stanOf(count),
      12: '120000',
      13: '1120',
      14: '3012',
      32: '12345',
      37: given.rrn ?? rrnOf(count),
      41: 'TERM0001',
      42: 'MERCHANT0000001',
      48: new Map(Object.entries(given.tags ?? { '70': `pay_${count}` })),
      49: currency,
      ...given.more,
    },
  };
};

const aboutOriginal = (original: Message): string =>
  spellOriginal({
    mti: original.mti,
    stan: String(original.fields[11]),
    transmittedAt: String(original.fields[7]),
    acquirer: String(original.fields[32]),
  });

export const reversal = (count: number, original: Message, mti = '0420'): Message => {
  const { 48: _, 14: __, ...fields } = original.fields;
  return { mti, fields: { ...fields, 11: stanOf(count), 90: aboutOriginal(original) } };
};

export const completion = (
  count: number,
  original: Message,
  amount: number,
  tags: Readonly<Record<string, string>> = {},
): Message => {
  const { 14: _, ...fields } = original.fields;
  return {
    mti: '0220',
    fields: {
      ...fields,
      4: String(amount).padStart(12, '0'),
      11: stanOf(count),
      48: new Map(Object.entries({ '70': 'x', ...tags })),
      90: aboutOriginal(original),
    },
  };
};

export const refund = (count: number, original: Message, amount: number): Message => ({
  mti: '0200',
  fields: {
    ...original.fields,
    3: '200000',
    4: String(amount).padStart(12, '0'),
    11: stanOf(count),
  },
});

export const repeated = (message: Message): Message => ({
  ...message,
  mti: `${message.mti.slice(0, 3)}1`,
});

export const codeOf = (answer: Message | undefined): unknown => answer?.fields[39];
