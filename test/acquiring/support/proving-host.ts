// A bank's host that wants every message proved. It gives session keys under a key that both know, and
// reckons codes with OpenSSL's own tool: nothing of how our side handles keys is in it.

import { execFileSync } from 'node:child_process';
import { createCipheriv, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { answerOf, createFrameDecoder, type Fields, pack, unpack } from '#kit/iso8583';
import { hostDialects, hostFraming } from '../../../sandbox/acquirer/dialect.ts';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';

/** Eight bytes, in the digits of this dialect. */
const CODE_DIGITS = 16;
const dialect = hostDialects.ascii;

export type ProvingHost = {
  readonly port: number;
  /** Under which session keys travel. */
  readonly exchangeKey: Buffer;
  /** How often keys were given, messages taken with a good code, and messages refused. */
  readonly counts: { keys: number; proved: number; refused: number };
  /** The kinds of all messages that came, whether they were taken or not. */
  readonly heard: readonly string[];
  /** What becomes of the next answers that are about money. */
  readonly lies: ('wrong_code' | 'no_code')[];
  /** The next answers about money, made under the keys of their time, wait until new keys are in use. */
  hold(answers: number): void;
};

export const provingHost = async (): Promise<ProvingHost> => {
  const exchangeKey = randomBytes(16);
  const counts = { keys: 0, proved: 0, refused: 0 };
  const lies: ('wrong_code' | 'no_code')[] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  let toHold = 0;

  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => {}).setNoDelay(true));
    const decoder = createFrameDecoder(hostFraming);
    let held: { readonly frame: Buffer; readonly key: Buffer | undefined }[] = [];
    let keys: readonly Buffer[] = [];

    const refuse = (): void => {
      counts.refused += 1;
      socket.destroy();
    };
    const take = (bytes: Buffer): void => {
      const read = unpack(dialect, bytes);
      if (!read.ok) return refuse();
      const { mti, fields } = read.message;
      heard.push(mti);
      const provedBy = keys.find((key) => bytes.subarray(-CODE_DIGITS).equals(codeOf(key, bytes)));
      if (provedBy !== undefined) counts.proved += 1;
      // Before there are keys a gateway may sign on and ask for them, and nothing else.
      else if (keys.length > 0 || !['001', '101'].includes(String(fields[70]))) return refuse();

      const answer = {
        ...fields,
        2: undefined,
        14: undefined,
        39: '00',
        48: undefined,
        128: undefined,
      };
      // The gateway uses the new keys: what was made under the last ones comes now.
      const waiting = held.filter(({ key }) => key !== provedBy && provedBy === keys[0]);
      held = held.filter((each) => !waiting.includes(each));
      for (const { frame } of waiting) send(frame);
      if (fields[70] === '101') giveKeys(mti, answer);
      else if (mti.startsWith('08')) send(spelled(mti, answer, keys[0]));
      else answerMoney(mti, answer);
    };
    const giveKeys = (mti: string, answer: Fields): void => {
      const given = randomBytes(16);
      const cipher = createCipheriv('aes-128-ecb', exchangeKey, null).setAutoPadding(false);
      const wrapped = Buffer.concat([cipher.update(given), cipher.final()]).toString('hex');
      send(spelled(mti, { ...answer, 63: wrapped }, keys[0]));
      keys = [given, ...keys.slice(0, 1)];
      counts.keys += 1;
    };
    const answerMoney = (mti: string, answer: Fields): void => {
      const lie = lies.shift();
      const frame = spelled(mti, answer, lie === 'no_code' ? undefined : keys[0]);
      if (lie === 'wrong_code')
        frame.writeUInt8(frame.readUInt8(frame.length - 1) ^ 1, frame.length - 1);
      if (toHold === 0) return send(frame);
      toHold -= 1;
      held.push({ frame, key: keys[0] });
    };
    const send = (message: Buffer): void => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(message.length);
      socket.write(Buffer.concat([length, message]));
    };
    socket.on('data', (chunk: Buffer) => {
      for (const { message } of decoder.push(chunk).frames) take(message);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return {
    port: (server.address() as AddressInfo).port,
    exchangeKey,
    counts,
    heard,
    lies,
    hold: (answers) => {
      toHold = answers;
    },
  };
};

const spelled = (mti: string, fields: Fields, key: Buffer | undefined): Buffer => {
  const answered = answerOf(mti) ?? '';
  if (key === undefined) return pack(dialect, { mti: answered, fields });
  const bytes = pack(dialect, {
    mti: answered,
    fields: { ...fields, 128: Buffer.alloc(CODE_DIGITS / 2) },
  });
  codeOf(key, bytes).copy(bytes, bytes.length - CODE_DIGITS);
  return bytes;
};

/** Over everything in front of the code. */
const codeOf = (key: Buffer, bytes: Buffer): Buffer => {
  const options = [
    '-cipher',
    'AES-128-CBC',
    '-macopt',
    `hexkey:${key.toString('hex')}`,
    '-in',
    '-',
  ];
  const digits = execFileSync('openssl', ['mac', ...options, 'CMAC'], {
    input: bytes.subarray(0, -CODE_DIGITS),
  });
  return digits.subarray(0, CODE_DIGITS);
};
