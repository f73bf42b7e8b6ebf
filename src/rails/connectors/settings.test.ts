import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Type } from 'typebox';
import { newUuid } from '#kit/ids';
import { manualClock } from '../../kit/context/for-tests.ts';
import type { StoredAccount } from './account.ts';
import type { Definition } from './connector.ts';
import { openSettings, readSettings, sealSettings } from './settings.ts';

const random = { bytes: (count: number) => Buffer.alloc(count, 7) };
const source = { clock: manualClock(), random };
const key = Buffer.alloc(32, 1);
const scope = { accountId: newUuid(source), livemode: true };
const settings = { terminal: '42', password: 'hunter2' };
const of = {
  id: newUuid(source),
  connector: 'paper',
  definition: {
    settings: Type.Object({
      terminal: Type.String(),
      password: Type.Unsafe<string>({ type: 'string', secret: true }),
    }),
  } as unknown as Definition,
};
const account = { ...of, ...sealSettings(random, key, scope, of, settings) } as StoredAccount &
  typeof of;

test('Settings that were opened once do not open where they were moved or changed to', () => {
  for (let time = 0; time < 2; time += 1) {
    assert.deepEqual(openSettings(key, scope, account), settings);
    const changed = Buffer.from(account.secrets);
    changed[20]! ^= 1;
    for (const [where, moved] of [
      [scope, { ...account, secrets: changed }],
      [scope, { ...account, id: newUuid(source) }],
      [scope, { ...account, connector: 'other' }],
      [{ ...scope, livemode: false }, account],
      [{ ...scope, accountId: newUuid(source) }, account],
    ] as const) {
      assert.throws(() => openSettings(key, where, moved));
    }
    assert.throws(() => openSettings(Buffer.alloc(32, 2), scope, account));
  }
});

test('Settings that were changed are opened as they are now', () => {
  openSettings(key, scope, account);
  const next = { terminal: '43', password: 'hunter3' };
  const changed = { ...account, ...sealSettings(random, key, scope, of, next) };
  assert.deepEqual(openSettings(key, scope, changed), next);
  assert.deepEqual(openSettings(key, scope, { ...account, settings: { terminal: '44' } }), {
    ...settings,
    terminal: '44',
  });
  const gone = { ...account, settings: {}, secrets: Buffer.alloc(0) };
  assert.deepEqual(openSettings(key, scope, gone), {});
});

test('What every object of JavaScript has is no setting: it would be kept and shown in clear', () => {
  for (const name of ['constructor', 'toString', '__proto__', 'terminals']) {
    const sent = Object.fromEntries([...Object.entries(settings), [name, 'x']]);
    const read = readSettings(of.definition.settings, sent);
    assert.deepEqual(read, { ok: false, field: name, why: 'is not a setting of it' });
  }
});
