// Between a gateway and its bank: keeps a purchase in a queue until the answer to its reversal has gone by,
// and lets it through then.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { atEnd } from '../../../src/kit/context/for-tests-end.ts';

export const holdingProxy = async (bank: number): Promise<number> => {
  const sockets = new Set<Socket>();
  let held: { readonly to: Socket; readonly frame: Buffer } | null = null;
  let mayHold = true;

  const server = createServer((gateway) => {
    const up = connect(bank, '127.0.0.1');
    for (const socket of [gateway, up]) {
      sockets.add(socket.on('error', () => {}).setNoDelay(true));
    }
    gateway.on('close', () => up.destroy());
    up.on('close', () => gateway.destroy());
    eachFrame(gateway, (frame) => {
      if (mayHold && typeOf(frame) === '0200') {
        mayHold = false;
        held = { to: up, frame };
        return;
      }
      up.write(frame);
    });
    eachFrame(up, (frame) => {
      gateway.write(frame);
      if (typeOf(frame) !== '0430' || held === null) return;
      const { to, frame: waiting } = held;
      held = null;
      // When the gateway has written down that it was reversed.
      setTimeout(() => to.write(waiting), 300);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
};

const typeOf = (frame: Buffer): string => frame.toString('latin1', 2, 6);

const eachFrame = (socket: Socket, take: (frame: Buffer) => void): void => {
  let rest = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
      const end = 2 + rest.readUInt16BE(0);
      take(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
};
