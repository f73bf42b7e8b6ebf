// The sandbox beside a gateway, played by a server that answers after a while, as one on a busy machine.

import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { movableClock, systemClock } from '#kit/context';
import { followerOf, startFollowing } from '#platform/clock';
import { asOwner, testContext } from '../../for-tests.ts';

const DAY_MS = 86_400_000;

let aheadMs = 0;
const moves: number[] = [];
const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  const nowMs = (): string => new Date(Date.now() + aheadMs).toISOString();
  const answered = JSON.stringify({ now: nowMs() });
  await delay(20);
  if (request.method !== 'POST') return void response.end(answered);
  const { advance_ms: byMs } = JSON.parse(Buffer.concat(parts).toString()) as {
    advance_ms: number;
  };
  moves.push(byMs);
  aheadMs += byMs;
  return void response.end(JSON.stringify({ now: nowMs() }));
};
const sandbox = createServer((request, response) => void answer(request, response));
await new Promise<void>((resolve) => sandbox.listen(0, '127.0.0.1', resolve));
after(() => sandbox.close());

test('a sandbox that is behind is brought along once by all who look at that moment', async () => {
  const clock = movableClock(systemClock);
  const made = await testContext({ clock });
  const context = { ...made, network: { ...made.network, fetch } };
  const following = await startFollowing(context, clock, {
    isMovable: true,
    sandboxUrl: `http://127.0.0.1:${(sandbox.address() as AddressInfo).port}`,
  });
  after(() => following.stop());
  await asOwner(context.on, `update platform.clock set offset_ms = ${8 * DAY_MS}`);
  const follower = followerOf(context);
  assert.ok(follower !== undefined);
  await Promise.all([1, 2, 3, 4, 5].map(() => follower.follow()));
  assert.equal(moves.length, 1);
  assert.ok(Math.abs(aheadMs - 8 * DAY_MS) < 60_000, `It is ${aheadMs} ms ahead.`);
});
