// The vault as a process of its own. It listens where only its owner can come, and wants a token that
// is made anew at every start.

import { chmod, open, unlink } from 'node:fs/promises';
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Context } from '#kit/context';
import { hmacSha256, sameBytes } from '#kit/crypto';
import { spellBytes } from '#kit/ids';
import { VaultForbidden, VaultRefused } from './failures.ts';
import { encodeFrame, frameReader, wipeBytes } from './frames.ts';
import { type Capability, failureOf, type Request, verbs } from './protocol.ts';
import type { Vault } from './vault.ts';
import { tlsOptions, type VaultAddress } from './vault-address.ts';

export type ServedVault = {
  /** The port that was given, where the address left it to the system (0). */
  readonly port: number | null;
  /** Ends the connections; the vault itself stays open. */
  close(): Promise<void>;
};

const HELLO_TIMEOUT_MS = 2_000;
const CONNECTIONS_MAX = 256;
const TOKEN_BYTES = 32;

export const serveVault = async (input: {
  readonly vault: Vault;
  readonly context: Pick<Context, 'random' | 'log'>;
  readonly at: VaultAddress;
  /** Where those who may come read what to say, one file for each thing they may do. Mode 0600. */
  readonly tokenFiles: Readonly<Record<Capability, string>>;
}): Promise<ServedVault> => {
  const { vault, context, at } = input;
  const tokens = new Map<Capability, string>();
  for (const capability of ['use', 'reveal'] as const) {
    tokens.set(capability, spellBytes(context.random.bytes(TOKEN_BYTES)));
  }

  const sockets = new Set<Socket>();
  const welcome = (socket: Socket): void => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    converse(socket, { vault, context, capabilityOf: (token) => match(context, tokens, token) });
  };
  const server =
    'socket' in at
      ? createServer(welcome)
      : createTlsServer({ ...tlsOptions(at.tls), requestCert: true }, welcome);
  server.maxConnections = CONNECTIONS_MAX;
  await listen(server, at);
  // Only now: one that may not listen must not take the tokens of the one that does.
  for (const [capability, token] of tokens) await writeToken(input.tokenFiles[capability], token);

  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : null,
    close: async () => {
      const closed = new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
};

const writeToken = async (path: string, token: string): Promise<void> => {
  await unlink(path).catch(() => {});
  const file = await open(path, 'wx', 0o600);
  await file.writeFile(token);
  await file.close();
};

/** Compared as digests under a key of the moment, so that time tells nothing of how much was right. */
const match = (
  { random }: Pick<Context, 'random'>,
  tokens: ReadonlyMap<Capability, string>,
  given: unknown,
): Capability | null => {
  if (typeof given !== 'string') return null;
  const key = Buffer.from(random.bytes(32));
  const digest = hmacSha256(key, given);
  for (const [capability, token] of tokens) {
    if (sameBytes(digest, hmacSha256(key, token))) return capability;
  }
  return null;
};

const listen = async (server: Server, at: VaultAddress): Promise<void> => {
  if ('socket' in at) await removeStale(at.socket);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('socket' in at) {
      // Nobody may come in between the making of the socket and its mode.
      const before = process.umask(0o177);
      server.listen(at.socket, resolve);
      process.umask(before);
    } else {
      server.listen(at.port, at.host, resolve);
    }
  });
  if ('socket' in at) await chmod(at.socket, 0o600);
};

/** What a killed vault left. One that answers is not ours to remove. */
const removeStale = async (path: string): Promise<void> => {
  const answers = await new Promise<boolean>((resolve) => {
    const socket = dial(path, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  if (answers) throw new VaultRefused(`A vault already listens at ${path}: stop it first.`);
  await unlink(path).catch(() => {});
};

const converse = (
  socket: Socket,
  with_: {
    readonly vault: Vault;
    readonly context: Pick<Context, 'log'>;
    readonly capabilityOf: (token: unknown) => Capability | null;
  },
): void => {
  const { vault, context } = with_;
  let capability: Capability | null = null;
  const impatience = setTimeout(() => socket.destroy(), HELLO_TIMEOUT_MS);
  socket.once('close', () => clearTimeout(impatience));
  socket.on('error', () => socket.destroy());

  const answer = (value: unknown): void => {
    const frame = encodeFrame(value);
    if (socket.destroyed) frame.fill(0);
    else socket.write(frame, () => frame.fill(0));
  };

  const greet = (value: unknown): void => {
    capability = with_.capabilityOf((value as { hello?: unknown } | null)?.hello);
    clearTimeout(impatience);
    if (capability !== null) return answer({ welcome: capability });
    context.log.warn({}, 'Somebody came to the vault with a wrong token');
    socket.destroy();
  };

  const serve = async (request: Request): Promise<void> => {
    const { id, actor, input } = request;
    try {
      const verb = Object.hasOwn(verbs, request.verb) ? verbs[request.verb] : undefined;
      if (verb === undefined || (verb.needs === 'reveal' && capability !== 'reveal')) {
        throw new VaultForbidden('This process may not ask that of the vault.');
      }
      const value = await verb.run(vault, { actor }, input as never);
      answer({ id, value });
      wipeBytes(value);
    } catch (error) {
      const failure = failureOf(error);
      context.log.error(
        { error, operation: request.verb, why: failure.message },
        'The vault failed',
      );
      answer({ id, failure });
    }
  };

  const read = frameReader((value, wipe) => {
    if (capability === null) greet(value);
    else void serve(value as Request).finally(wipe);
  });
  socket.on('data', (chunk: Buffer) => {
    try {
      read(chunk);
    } catch (error) {
      context.log.warn({ error }, 'Somebody does not speak the language of the vault');
      socket.destroy();
    }
  });
};
