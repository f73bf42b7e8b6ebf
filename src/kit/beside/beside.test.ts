import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { beside } from './index.ts';

describe('what is known beside an object', () => {
  test('is found by it, can be said anew, and is not known of others', () => {
    const notes = beside<object, string>();
    const one = {};
    notes.set(one, 'first');
    assert.equal(notes.get(one), 'first');
    notes.set(one, 'second');
    assert.equal(notes.get(one), 'second');
    assert.equal(notes.get({}), undefined);
  });

  test('is told nobody else, and goes with no copy', () => {
    const [notes, others] = [beside<object, string>(), beside<object, string>()];
    const one = { name: 'one' };
    notes.set(one, 'mine');
    assert.equal(others.get(one), undefined);
    assert.equal(notes.get({ ...one }), undefined);
    assert.deepEqual(one, { name: 'one' });
    assert.equal(JSON.stringify(one), '{"name":"one"}');
  });
});
