import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { describe, test } from 'node:test';
import { systemNetwork } from '#kit/context';

/** Answers, unless it is told to hang up on what comes next over a connection that it knows, or to stop midway. */
const receiver = async () => {
  const sockets: Socket[] = [];
  let hangsUp = false;
  let stopsMidway = false;
  const server: Server = createServer((request, response) => {
    if (hangsUp && sockets.includes(request.socket)) {
      request.socket.destroy();
      return;
    }
    sockets.push(request.socket);
    request.resume().on('end', () => {
      if (stopsMidway) response.write('he');
      else response.end('heard');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    hangUp: () => {
      hangsUp = true;
    },
    stopMidway: () => {
      stopsMidway = true;
    },
    post: (mayConnect: () => boolean, timeoutMs = 5_000) =>
      systemNetwork.post({
        url: new URL(`http://127.0.0.1:${port}/`),
        headers: {},
        body: Buffer.from('told'),
        mayConnect,
        connectTimeoutMs: 5_000,
        timeoutMs,
        answerBytesMax: 100,
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

describe('a connection to a receiver', () => {
  test('is kept for what is told next', async () => {
    const told = await receiver();
    try {
      for (let n = 0; n < 3; n += 1) {
        assert.equal((await told.post(() => true)).body.toString(), 'heard');
      }
      assert.equal(new Set(told.sockets).size, 1);
    } finally {
      await told.close();
    }
  });

  test('is kept for each of as many calls as are under way at once', async () => {
    const told = await receiver();
    try {
      for (let n = 0; n < 3; n += 1) {
        await Promise.all(Array.from({ length: 16 }, () => told.post(() => true)));
      }
      assert.equal(new Set(told.sockets).size, 16);
    } finally {
      await told.close();
    }
  });

  test('that was kept is not used once it may not be connected to', async () => {
    const told = await receiver();
    try {
      await told.post(() => true);
      await assert.rejects(
        told.post(() => false),
        { name: 'AddressRefused' },
      );
      assert.equal(told.sockets.length, 1);
    } finally {
      await told.close();
    }
  });

  test('that was kept and is gone is opened anew', async () => {
    const told = await receiver();
    try {
      await told.post(() => true);
      told.hangUp();
      assert.equal((await told.post(() => true)).body.toString(), 'heard');
      assert.equal(new Set(told.sockets).size, 2);
    } finally {
      await told.close();
    }
  });
});

test('a receiver that stops in the middle of its answer is given up on when the time is over', async () => {
  const told = await receiver();
  try {
    told.stopMidway();
    await assert.rejects(
      told.post(() => true, 100),
      { name: 'TimeoutError' },
    );
  } finally {
    await told.close();
  }
});
