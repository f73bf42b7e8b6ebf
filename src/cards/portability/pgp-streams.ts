// Encrypted files, a piece at a time: what is clear is never on disk, and never whole in memory.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { ReadableStream } from 'node:stream/web';
import type { PrivateKey } from 'openpgp';
import { PortabilityError } from './failures.ts';
import type { Recipient } from './pgp-keys.ts';
import { createPrivate } from './private-files.ts';

export type WrittenFile = { readonly bytes: number; readonly sha256: string };

/** One complete message of OpenPGP, durable when this returns. */
export const encryptToFile = async (
  recipient: Recipient,
  clear: AsyncIterable<Uint8Array>,
  path: string,
  nowMs: number,
): Promise<WrittenFile> => {
  const { createMessage, encrypt } = await import('openpgp');
  const message = await createMessage({
    binary: ReadableStream.from(clear) as globalThis.ReadableStream<Uint8Array>,
    date: new Date(nowMs),
  });
  const encrypted = await encrypt({
    message,
    encryptionKeys: recipient.key,
    format: 'binary',
    date: new Date(nowMs),
  });

  const digest = createHash('sha256');
  let bytes = 0;
  const file = await createPrivate(path);
  try {
    for await (const piece of encrypted as unknown as AsyncIterable<Uint8Array>) {
      await writeAll(file, piece);
      digest.update(piece);
      bytes += piece.length;
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return { bytes, sha256: digest.digest('hex') };
};

const writeAll = async (
  file: Awaited<ReturnType<typeof createPrivate>>,
  piece: Uint8Array,
): Promise<void> => {
  for (let at = 0; at < piece.length; ) at += (await file.write(piece, at)).bytesWritten;
};

export type EncryptedFile = {
  /**
   * What is clear, a piece at a time. Nothing of it may be believed before the end was reached: a
   * changed message is known by its last bytes.
   */
  readonly clear: AsyncIterable<Uint8Array>;
  /** Of the file as it is on disk; whole when `clear` has ended. */
  readonly sha256: () => string;
};

export const decryptFile = async (path: string, key: PrivateKey): Promise<EncryptedFile> => {
  const { readMessage, decrypt } = await import('openpgp');
  const digest = createHash('sha256');
  const isText = await startsWithArmor(path);
  const pieces = piecesOf(path, digest);

  const message = await (isText
    ? readMessage({ armoredMessage: streamOf(asText(pieces)) })
    : readMessage({ binaryMessage: streamOf(pieces) })
  ).catch(() => {
    throw new PortabilityError('The file is no message of OpenPGP: give it as it was encrypted.');
  });
  refuseOtherKey(message.getEncryptionKeyIDs(), key);

  const { data } = await decrypt({
    message,
    decryptionKeys: key,
    format: 'binary',
    // Who reads waits for the end before anything counts; without this the whole file would be in memory.
    config: { allowUnauthenticatedStream: true },
  }).catch(() => {
    throw new PortabilityError(damaged);
  });
  return {
    clear: untilDamaged(data as unknown as AsyncIterable<Uint8Array>),
    sha256: () => digest.copy().digest('hex'),
  };
};

const damaged =
  'The encrypted file was changed or cut short on its way: fetch it again and compare its size.';

const startsWithArmor = async (path: string): Promise<boolean> => {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new PortabilityError(
      `The file ${path} cannot be opened (${error.code ?? 'unknown'}): check its name and who may read it.`,
    );
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
    return buffer.toString('latin1', 0, bytesRead).trimStart().startsWith('-----BEGIN PGP');
  } finally {
    await file.close();
  }
};

async function* piecesOf(path: string, digest: ReturnType<typeof createHash>) {
  for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) {
    digest.update(piece);
    yield new Uint8Array(piece);
  }
}

async function* asText(pieces: AsyncIterable<Uint8Array>) {
  for await (const piece of pieces) yield Buffer.from(piece).toString('latin1');
}

const streamOf = <T extends Uint8Array | string>(pieces: AsyncIterable<T>) =>
  ReadableStream.from(pieces) as globalThis.ReadableStream<T>;

type KeyId = { toHex(): string };
/** Who encrypted it chose not to say to whom. */
const ANYBODY = '0'.repeat(16);

const refuseOtherKey = (named: readonly KeyId[], key: PrivateKey): void => {
  const own = new Set([ANYBODY, ...key.getKeyIDs().map((id) => id.toHex())]);
  if (named.some((id) => own.has(id.toHex()))) return;
  throw new PortabilityError(
    named.length === 0
      ? 'The file is not encrypted to a key: ask for one that is encrypted to yours.'
      : `The file was encrypted to another key (${named.map((id) => id.toHex().toUpperCase()).join(', ')}): give the private key that belongs to it.`,
  );
};

async function* untilDamaged(pieces: AsyncIterable<Uint8Array>) {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await iterator.next().catch(() => {
        throw new PortabilityError(damaged);
      });
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.()?.catch(() => {});
  }
}
