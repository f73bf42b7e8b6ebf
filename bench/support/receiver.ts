// A merchant's server on loopback that takes every webhook and costs little itself: it reads how long each is, and
// says 200.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export type Receiver = { readonly port: number; close(): void };

const taken = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

export const startReceiver = async (): Promise<Receiver> => {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    receive(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
};

const receive = (socket: Socket): void => {
  let head = '';
  let bodyLeft = 0;
  socket.setNoDelay(true);
  socket.setEncoding('latin1');
  socket.on('data', (chunk: string) => {
    let at = 0;
    let answers = '';
    while (at < chunk.length) {
      if (bodyLeft > 0) {
        const read = Math.min(bodyLeft, chunk.length - at);
        bodyLeft -= read;
        at += read;
        if (bodyLeft === 0) answers += taken;
        continue;
      }
      head += at === 0 ? chunk : chunk.slice(at);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) break;
      const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head.slice(0, end)) ?? [];
      bodyLeft = Number(length);
      at = chunk.length - (head.length - end - 4);
      head = '';
      if (bodyLeft === 0) answers += taken;
    }
    if (answers !== '') socket.write(answers);
  });
};
