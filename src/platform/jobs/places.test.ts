import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createPlaces, type Places } from './places.ts';

const clock = manualClock();
let places: Places;
beforeEach(() => {
  places = createPlaces(clock);
});

/** As many as there is room for are begun of each. */
const fill = (...accounts: readonly string[]): (() => void)[] => {
  const ends: (() => void)[] = [];
  for (const account of accounts) {
    const { atMost } = places.free();
    const count = Math.min(atMost, roomOf(account));
    for (let n = 0; n < count; n += 1) ends.push(places.take(account));
  }
  return ends;
};
const roomOf = (account: string): number => {
  const { rooms, roomOfOthers } = places.free();
  return rooms.get(account) ?? roomOfOthers;
};

test('An account has ten places, whatever is under way of it already', () => {
  for (let count = 10; count > 0; count -= 1) {
    assert.equal(roomOf('one'), count);
    places.take('one');
  }
  assert.equal(roomOf('one'), 0);
});

test('The last ten places are for accounts that have none under way, one for each', () => {
  const ends = fill('a', 'b', 'c', 'd');
  assert.equal(ends.length, 40);
  assert.deepEqual([roomOf('d'), roomOf('e'), roomOf('f')], [0, 1, 1]);
  fill('e', 'f', 'g');
  assert.deepEqual([roomOf('f'), roomOf('h'), places.free().atMost], [0, 1, 2]);
  for (const end of ends.slice(0, 4)) end();
  assert.deepEqual([roomOf('f'), places.free().atMost], [9, 1], 'There are others again');
});

test('Accounts of which one takes long share half of the places, and have their own again once one ends soon', () => {
  const ends = fill('a', 'b');
  clock.advance(999);
  assert.deepEqual([roomOf('c'), places.free().rooms.size], [10, 2]);
  fill('c');
  clock.advance(1);
  for (const end of ends.slice(1)) end();
  assert.deepEqual([roomOf('a'), roomOf('b')], [9, 10], 'Of 25 there are 24');
  fill('a', 'b');
  clock.advance(1_000);
  fill('d', 'e');
  assert.deepEqual([roomOf('a'), roomOf('b'), roomOf('c')], [0, 0, 0]);
  assert.deepEqual([roomOf('f'), places.free().atMost], [1, 4]);
});

test('What took long is known of an account of which nothing is under way', () => {
  const silent = Array.from({ length: 25 }, (_, n) => `silent ${n}`);
  const end = places.take('once silent');
  clock.advance(1_000);
  end();
  for (const each of silent) places.take(each);
  clock.advance(1_000);
  assert.deepEqual([roomOf('once silent'), roomOf('other')], [0, 10]);
  places.take('once silent')();
  assert.equal(roomOf('once silent'), 10);
});

test('The last five are for accounts whose last job was quick: hundreds that nobody knows leave them', () => {
  places.take('quick')();
  for (let n = 0; n < 45; n += 1) {
    assert.equal(roomOf(`unknown ${n}`) > 0, true);
    places.take(`unknown ${n}`);
  }
  assert.deepEqual([roomOf('unknown 45'), roomOf('quick'), places.free().atMost], [0, 1, 5]);
  clock.advance(59_999);
  assert.deepEqual([roomOf('unknown 45'), roomOf('quick')], [0, 1]);
  clock.advance(1);
  assert.equal(roomOf('quick'), 0, 'After a minute nobody knows it any more');
});

test('Ten accounts that may have what one place is left for take no more than that one', () => {
  for (let n = 0; n < 24; n += 1) places.take(`silent ${n}`);
  clock.advance(1_000);
  assert.deepEqual([roomOf('silent 3'), roomOf('silent 4'), places.free().atMost], [1, 1, 1]);
  places.take('silent 3');
  assert.deepEqual([roomOf('silent 4'), roomOf('other'), places.free().atMost], [0, 10, 15]);
});

test('Who took long is known for ten minutes, and of five hundred accounts', () => {
  const slow = (account: string): void => {
    const end = places.take(account);
    clock.advance(1_000);
    end();
  };
  const known = (): readonly string[] => [...places.free().rooms.keys()];
  for (let n = 0; n < 450; n += 1) slow(`slow ${n}`);
  assert.equal(known().length, 450);
  clock.advance(151_000);
  assert.deepEqual([known().length, known()[0]], [449, 'slow 1']);
  clock.advance(600_000);
  assert.deepEqual(known(), []);

  const ends = Array.from({ length: 700 }, (_, n) => places.take(`slow ${n}`));
  clock.advance(1_000);
  for (const end of ends) end();
  assert.deepEqual([known().length, known()[0]], [500, 'slow 200']);
});

test('A job of no account takes a place, and nobody counts how many they are', () => {
  const ends = Array.from({ length: 50 }, () => places.take(null));
  assert.equal(places.free().atMost, 0);
  ends[0]?.();
  assert.equal(places.free().atMost, 1);
});
