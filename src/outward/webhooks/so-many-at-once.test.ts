import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createSoManyAtOnce } from './so-many-at-once.ts';

const MINUTE = 60_000;

/** What becomes of so many rounds, with a database that has the time for as many at once. */
const roundsWith = () => {
  const clock = manualClock();
  const soMany = createSoManyAtOnce();
  const failuresOf = (rounds: number, limit: number): number => {
    let failures = 0;
    for (let round = 0; round < rounds; round += 1) {
      const changes = soMany.most();
      if (changes <= limit) soMany.went(clock);
      else {
        failures += 1;
        soMany.tookTooLong(clock, changes);
      }
    }
    return failures;
  };
  return { clock, soMany, failuresOf };
};

// At the limit of sixty one round of ten ran into it again, and each kept all events waiting for five seconds.
test('what was too much is tried again after minutes, and not before', () => {
  const { clock, failuresOf } = roundsWith();
  assert.equal(failuresOf(400, 60), 5);
  assert.equal(failuresOf(400, 60), 0);
  clock.advance(9 * MINUTE);
  assert.equal(failuresOf(400, 60), 0);
  clock.advance(2 * MINUTE);
  assert.equal(failuresOf(400, 60), 1);
});

test('a database that stands still for a while is served in full again soon', () => {
  const { clock, soMany, failuresOf } = roundsWith();
  assert.equal(failuresOf(20, 0), 20);
  assert.equal(failuresOf(100, 512), 0);
  assert.equal(soMany.most(), 384);
  clock.advance(11 * MINUTE);
  assert.equal(failuresOf(20, 512), 0);
  assert.equal(soMany.most(), 512);
});
