// The acquirer's host: gateways connect, sign on, and send. Messages of one link are decided in the
// order in which they came, and many may be under way at once.

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import type { Message } from '#kit/iso8583';
import type { SandboxContext } from '../context.ts';
import { createDeliverer } from '../faults/deliver.ts';
import type { Faults } from '../faults/fault.ts';
import type { SandboxWorld } from '../world/world.ts';
import { answerTo, expectsAnswer } from './answer.ts';
import { type HostDialect, hostDialects, hostFraming } from './dialect.ts';
import { type Link, openLink } from './link.ts';
import { readRequest } from './read-request.ts';
import { createWireLog, type WireLog } from './wire-log.ts';

export type AcquirerHost = {
  readonly port: number;
  readonly wireLog: WireLog;
  links(): readonly Link[];
  stop(): Promise<void>;
};

export type HostSettings = { readonly port: number; readonly dialect: HostDialect };

const LOOPBACK = '127.0.0.1';
const LINKS_MAX = 64;

export const startHost = async (
  context: SandboxContext,
  world: SandboxWorld,
  faults: Faults,
  settings: HostSettings,
): Promise<AcquirerHost> => {
  const { clock, seed } = context;
  const dialect = hostDialects[settings.dialect];
  const wireLog = createWireLog(dialect, world.now);
  const links = new Set<Link>();
  const anyLink = (): Link | undefined =>
    [...links].findLast((link) => link.isSignedOn && link.isOpen());
  const deliverer = createDeliverer({ clock, seed, anyLink });

  const take = async (link: Link, message: Message): Promise<void> => {
    if (!expectsAnswer(message)) {
      wireLog.event(link.number, 'not a request, and not answered');
      return;
    }
    if (message.mti.startsWith('08')) {
      await manageNetwork(link, message);
      return;
    }
    const answer = (code: string): void => link.send(answerTo(message, { 39: code }, world.now()));
    if (!link.isSignedOn) {
      answer('58');
      return;
    }
    const read = readRequest(seed, message, world.now());
    if (!read.ok) {
      if (read.code === undefined) link.reset('a message without its numbers');
      else answer(read.code);
      return;
    }
    const { request } = read;
    const outcome = await world.ask(request, message.mti);
    await deliverer.deliver({
      link,
      answer: answerTo(message, outcome.answer, world.now()),
      fault: outcome.fault,
      key: request.identity.key,
      trace: request.identity.trace,
      ...(request.identity.kind === 'reversal' && request.original !== undefined
        ? { original: request.original }
        : {}),
    });
  };

  const manageNetwork = async (link: Link, message: Message): Promise<void> => {
    const { 7: transmittedAt, 11: stan, 70: function_ } = message.fields;
    if (typeof stan !== 'string' || typeof transmittedAt !== 'string') {
      link.reset('a message without its numbers');
      return;
    }
    const key = `08/${transmittedAt}/${stan}`;
    const fault = faults.choose({ mti: message.mti, key, arrival: 1 });
    if (fault !== undefined) {
      const { kind, id } = fault;
      await world.note({ fact: 'fault', kind, rule: id, key, arrival: 1 });
    }
    const isDown = fault?.kind === 'down' || fault?.kind === 'decline';
    const code = fault?.kind === 'decline' ? (fault.code ?? '96') : manage(link, function_, isDown);
    const answer = answerTo(message, { 39: code }, world.now());
    await deliverer.deliver({ link, answer, fault, key, trace: key });
  };

  let count = 0;
  const server = createServer({ allowHalfOpen: false }, (socket) => {
    if (links.size >= LINKS_MAX) {
      socket.resetAndDestroy();
      return;
    }
    count += 1;
    const onClose = (link: Link): void => {
      links.delete(link);
    };
    const number = count;
    links.add(openLink({ number, socket, dialect, framing: hostFraming, wireLog, take, onClose }));
  });
  await listen(server, settings.port);

  return {
    port: (server.address() as AddressInfo).port,
    wireLog,
    links: () => [...links],
    stop: async () => {
      deliverer.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.end();
      await closed;
    },
  };
};

/** Field 70: sign on, sign off, echo, and the announcement of a cut-over, which the 0500 carries out. */
const manage = (link: Link, asked: unknown, isDown: boolean): string => {
  if (isDown) return '96';
  switch (asked) {
    case '001':
      link.isSignedOn = true;
      return '00';
    case '002':
      link.isSignedOn = false;
      return '00';
    case '201':
    case '301':
      return '00';
    default:
      return '40';
  }
};

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK }, () => resolve());
  });
