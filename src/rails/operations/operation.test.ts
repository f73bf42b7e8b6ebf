import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newUuid } from '#kit/ids';
import { manualClock } from '../../kit/context/for-tests.ts';
import { testKeys } from './for-tests.ts';
import { providerKeyOf } from './operation.ts';

describe("the provider's key", () => {
  const of = {
    intentId: newUuid({ clock: manualClock(), random: { bytes: (n) => Buffer.alloc(n) } }),
  };
  const keyOf = (changes: object = {}, livemode = false) =>
    providerKeyOf(
      testKeys,
      { accountId: 'a', livemode },
      { ...of, kind: 'refund', ordinal: 1, attempt: 1, ...changes },
    );

  test('is the same each time, and another for everything that is something else', () => {
    assert.equal(keyOf(), keyOf());
    const others = [
      keyOf({}, true),
      keyOf({ kind: 'capture' }),
      keyOf({ ordinal: 2 }),
      keyOf({ attempt: 2 }),
      keyOf({ intentId: 'other' }),
    ];
    assert.equal(new Set([keyOf(), ...others]).size, 6);
    assert.match(keyOf(), /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
  });
});
