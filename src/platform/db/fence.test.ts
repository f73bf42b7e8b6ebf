// What is not worth a server of its own; with one that really takes over, `failover.test.ts` tells the story.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { silentLog, temporaryFolder } from '../../kit/context/for-tests.ts';
import { connect, DatabaseUnavailable } from './connection.ts';
import { type Fence, fenceFileIn, openFence } from './fence.ts';
import { connectionSettings, databaseWith } from './for-tests.ts';

const fenceOf = () => {
  const file = fenceFileIn(temporaryFolder('fence'));
  const said: string[] = [];
  const log = { ...silentLog, warn: (_: unknown, message: string) => void said.push(message) };
  return { file, said, fence: openFence({ file, log, monotonicMs: () => performance.now() }) };
};
const admit = (fence: Fence, system: string, timeline: string | null) =>
  fence.admit(async () => [{ system, timeline }]);
const noted = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));

test('a server says who it is to the roles that serve, and it is noted before it is asked anything', async () => {
  const on = await databaseWith([]);
  const { file, fence, said } = fenceOf();
  const connection = await connect({ ...connectionSettings(on.appUrl), fence });
  const [server] = await connection.send({
    name: '',
    text: 'select system_identifier::text as system from pg_control_system()',
  });
  await connection.close();
  assert.deepEqual(noted(file), { [String(server?.['system'])]: 1 });
  assert.deepEqual(said, []);
});

test('servers of other systems have timelines of their own', async () => {
  const { file, fence } = fenceOf();
  await admit(fence, 'a', '0000000B');
  await admit(fence, 'b', '00000001');
  assert.deepEqual(noted(file), { a: 11, b: 1 });
  await assert.rejects(admit(fence, 'a', '0000000A'), DatabaseUnavailable);
});

test('what another process of the same folder has seen counts, and ends connections that are open', async () => {
  const { file, fence } = fenceOf();
  let ended = 0;
  (await admit(fence, 'a', '00000001'))(() => {
    ended += 1;
  });
  writeFileSync(file, JSON.stringify({ a: 2 }));
  await assert.rejects(admit(fence, 'a', '00000001'), DatabaseUnavailable);
  assert.equal(ended, 1);
  assert.deepEqual(noted(file), { a: 2 });
});

test('one that was admitted is refused if another has taken over before it is used', async () => {
  const { fence } = fenceOf();
  const early = await admit(fence, 'a', '00000001');
  await admit(fence, 'a', '00000002');
  assert.throws(() => early(() => {}), DatabaseUnavailable);
});

test('where the database may not say who it is none is refused, which is said once', async () => {
  const { fence, said } = fenceOf();
  const denied = () =>
    fence.admit(() =>
      Promise.reject(Object.assign(new Error('permission denied'), { code: '42501' })),
    );
  for (let tries = 0; tries < 2; tries += 1) (await denied())(() => {})();
  assert.deepEqual(said, ['The database does not say which server it is: none is refused']);
  const away = () => fence.admit(() => Promise.reject(new Error('connection reset')));
  await assert.rejects(away(), /connection reset/);
});

test('a file that says nothing that can be read refuses every server', async () => {
  const { file, fence } = fenceOf();
  writeFileSync(file, '{"a":');
  await assert.rejects(admit(fence, 'a', '00000001'));
});
