// One connection of a gateway, from the bank's side.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { test } from 'node:test';
import { hostDialects, hostFraming } from '../../sandbox/acquirer/dialect.ts';
import { openLink } from '../../sandbox/acquirer/link.ts';
import { createWireLog } from '../../sandbox/acquirer/wire-log.ts';

// Two requests were under way, one answer was cut and the other reset the link. The socket was then never
// closed: the bank kept it among its links, and its process could not end.
test('a link that is cut and then reset is closed', { timeout: 120_000 }, async () => {
  const closed = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    const link = openLink({
      number: 1,
      socket,
      dialect: hostDialects.ascii,
      framing: hostFraming,
      wireLog: createWireLog(hostDialects.ascii, Date.now),
      take: () => Promise.resolve(),
      onClose: () => closed.resolve(),
    });
    const answer = { mti: '0810', fields: { 7: '1128120000', 11: '000001', 39: '00', 70: '001' } };
    link.sendCut(answer, () => 10);
    link.reset('the answer to the other request');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gateway = connect((server.address() as AddressInfo).port, '127.0.0.1');
  gateway.resume().on('error', () => {});
  await closed.promise;
  gateway.destroy();
  server.close();
  await once(server, 'close');
  assert.equal(server.listening, false);
});
