import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogFields } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { manualClock, silentLog } from '../../kit/context/for-tests.ts';
import { createOutageNotes } from './note-outage.ts';

class VaultAway extends Unavailable {
  override readonly name = 'VaultAway';
}

test('an outage is told when it begins and every ten seconds, with how many it met', () => {
  const clock = manualClock();
  const lines: LogFields[] = [];
  const log = { ...silentLog, error: (fields: LogFields) => void lines.push(fields) };
  const note = createOutageNotes({ clock, log });
  const fail = (error: Unavailable, times: number): void => {
    for (let n = 0; n < times; n += 1) note(error, { requestId: `req_${n}`, operation: 'x' });
  };

  fail(new Unavailable('The database is away.'), 300);
  fail(new VaultAway('The vault is away.'), 2);
  clock.advance(9_999);
  fail(new Unavailable('The database is away.'), 1);
  clock.advance(1);
  fail(new Unavailable('The database is still away.'), 1);
  assert.deepEqual(
    lines.map(({ why, count }) => [why, count]),
    [
      ['The database is away.', 1],
      ['The vault is away.', 1],
      ['The database is still away.', 301],
    ],
  );
});
