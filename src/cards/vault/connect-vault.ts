// The vault of another process, as if it were here. One connection carries all questions; when it
// breaks, those under way fail as unavailable and the next one connects again.

import { readFile } from 'node:fs/promises';
import { connect as dial, type Socket } from 'node:net';
import { connect as dialTls } from 'node:tls';
import { assert } from '#kit/assert';
import { VaultUnavailable } from './failures.ts';
import { encodeFrame, FRAME_BYTES_MAX, frameReader, wipeBytes } from './frames.ts';
import { MESSAGE_LENGTH_MAX } from './jwe.ts';
import { type Answer, errorFrom } from './protocol.ts';
import type {
  BrowserKey,
  Caller,
  CardGone,
  ExpectedCard,
  OpenCard,
  PlainCard,
  SealedMessage,
  Secret,
  Vault,
} from './vault.ts';
import { tlsOptions, type VaultAddress } from './vault-address.ts';

export const connectVault = (settings: {
  readonly at: VaultAddress;
  /** Read at every connection, because the vault makes a new one at every start. */
  readonly tokenFile: string;
  readonly timeoutMs?: number;
}): Vault => {
  const line = createLine({ timeoutMs: 10_000, ...settings });
  const ask = line.ask;
  const nobody: Caller = { actor: { kind: 'system', id: 'browser key' } };

  return {
    receiveCard: async (caller, { scope, card }) => {
      if ('jwe' in card && card.jwe.length > MESSAGE_LENGTH_MAX) return malformed;
      return ask(caller, 'receiveCard', { scope, card: 'jwe' in card ? card : asBytes(card) });
    },
    sealCard: (caller, input) => ask(caller, 'sealCard', input),
    // The vault makes its entry when it is asked for the card.
    openingEntry: () => null,
    expectCard: () => nothingSaid,
    withCard: async (caller, { scope, card, operation, cvcFor }, use) => {
      const input = { scope, card, operation, ...(cvcFor === undefined ? {} : { cvcFor }) };
      const answer = await ask<{ ok: true; value: OpenCard } | CardGone>(caller, 'reveal', input);
      if (!answer.ok) return answer;
      try {
        return { ok: true, value: await use(answer.value) };
      } finally {
        wipeBytes(answer.value);
      }
    },
    changeExpiry: (caller, input) => ask(caller, 'changeExpiry', input),
    deleteCard: (caller, input) => ask(caller, 'deleteCard', input),
    holdCvc: async (caller, input) => {
      const { cvc } = input;
      if (isMessage(cvc) && cvc.jwe.length > MESSAGE_LENGTH_MAX) return malformed;
      return ask(caller, 'holdCvc', { ...input, cvc: isMessage(cvc) ? cvc : bytes(cvc) });
    },
    dropCvc: async (caller, input) => {
      await ask(caller, 'dropCvc', input);
    },
    riskFingerprints: (caller, input) => ask(caller, 'riskFingerprints', input),
    browserKey: () => ask<BrowserKey>(nobody, 'browserKey', {}),
    rotate: async (caller, what) => {
      await ask(caller, 'rotate', what);
    },
    maintain: (caller) => ask<number>(caller, 'maintain', {}, MAINTAIN_TIMEOUT_MS),
    close: line.close,
  };
};

/** A step may wrap some hundred keys, each by a call to the outside. */
const MAINTAIN_TIMEOUT_MS = 120_000;

const nothingSaid: ExpectedCard = Object.freeze({});

const malformed = { ok: false, code: 'message_malformed' } as const;

const isMessage = (given: Secret | SealedMessage): given is SealedMessage =>
  typeof given === 'object' && 'jwe' in given;
const bytes = (given: Secret): Buffer => (typeof given === 'string' ? Buffer.from(given) : given);
const asBytes = (card: PlainCard): PlainCard => ({
  ...card,
  number: bytes(card.number),
  ...(card.cvc === undefined ? {} : { cvc: bytes(card.cvc) }),
});

type Waiting = {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
};

const unavailable = (): VaultUnavailable => new VaultUnavailable('The vault does not answer.');

const createLine = (settings: {
  readonly at: VaultAddress;
  readonly tokenFile: string;
  readonly timeoutMs: number;
}) => {
  let connected: Promise<Socket> | null = null;
  const waiting = new Map<number, Waiting>();
  let lastId = 0;
  let closed = false;

  const connection = (): Promise<Socket> => {
    if (closed) return Promise.reject(new VaultUnavailable('The vault was closed.'));
    if (connected === null) {
      const made = greet(settings, { take, lost: () => lose(made) });
      made.catch(() => lose(made));
      connected = made;
    }
    return connected;
  };

  const lose = (lost: Promise<Socket>): void => {
    if (connected !== lost) return;
    connected = null;
    for (const id of waiting.keys()) settle(id)?.reject(unavailable());
  };

  const settle = (id: number): Waiting | undefined => {
    const found = waiting.get(id);
    waiting.delete(id);
    clearTimeout(found?.timer);
    return found;
  };

  /** Bytes of an answer are views of its frame, so the frame is left to whoever asked. */
  const take = (answer: Answer, wipe: () => void): void => {
    const asked = settle(answer.id);
    if (asked === undefined) wipe();
    else if ('failure' in answer) asked.reject(errorFrom(answer.failure));
    else asked.resolve(answer.value);
  };

  const ask = async <T>(
    caller: Caller,
    verb: string,
    input: unknown,
    timeoutMs = settings.timeoutMs,
  ): Promise<T> => {
    lastId += 1;
    const id = lastId;
    const frame = encodeFrame({ id, verb, actor: caller.actor, input });
    wipeBytes(input);
    // The vault would end the connection, and with it the questions of others.
    assert(frame.length <= FRAME_BYTES_MAX, 'a question to the vault is too long');
    try {
      const socket = await connection();
      return await new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => settle(id)?.reject(unavailable()), timeoutMs);
        waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, timer });
        socket.write(frame, () => frame.fill(0));
      });
    } catch (error) {
      frame.fill(0);
      throw error;
    }
  };

  return {
    ask,
    close: async (): Promise<void> => {
      closed = true;
      const socket = await connected?.catch(() => null);
      socket?.destroy();
    },
  };
};

const HELLO_TIMEOUT_MS = 3_000;

const greet = async (
  { at, tokenFile }: { readonly at: VaultAddress; readonly tokenFile: string },
  on: { readonly take: (answer: Answer, wipe: () => void) => void; readonly lost: () => void },
): Promise<Socket> => {
  const token = await readFile(tokenFile, 'utf8').catch(() => {
    throw new VaultUnavailable(`The vault is not there: ${tokenFile} cannot be read.`);
  });
  return new Promise<Socket>((resolve, reject) => {
    const socket: Socket =
      'socket' in at
        ? dial(at.socket)
        : dialTls({ ...tlsOptions(at.tls), host: at.host, port: at.port });
    const impatience = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
    let welcomed = false;
    const read = frameReader((value, wipe) => {
      if (welcomed) return on.take(value as Answer, wipe);
      welcomed = true;
      clearTimeout(impatience);
      resolve(socket);
    });
    socket.on('data', (chunk: Buffer) => {
      try {
        read(chunk);
      } catch {
        socket.destroy();
      }
    });
    socket.on('error', () => socket.destroy());
    socket.once('close', () => {
      clearTimeout(impatience);
      reject(unavailable());
      on.lost();
    });
    const hello = (): void => {
      socket.write(encodeFrame({ hello: token }));
    };
    if ('socket' in at) socket.once('connect', hello);
    else socket.once('secureConnect', hello);
  });
};
