import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid } from '#kit/ids';
import { loadLook, saveLook } from '../../src/commerce/checkout/look.store.ts';
import {
  changePlaces,
  insertPlaces,
  loadPlaces,
  placeWrites,
} from '../../src/commerce/checkout/places.store.ts';
import type { Tried } from './world.ts';

export const commerceOfOthers = ({ gateway, context, world }: Tried): void => {
  test('how the pages of others look is neither read nor changed', async () => {
    const { mine, theirs } = world;
    const { version, look } = await loadLook(gateway.context, theirs.scope);
    const theirLook = { ...look, accent: '#0a5c36' };
    const save = saveLook(theirs.scope, { version: version + 1, look: theirLook });
    assert.deepEqual(await context.database.commit(theirs.scope, [save]), { ok: true });
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal((await loadLook(context, scope)).look.accent, null);
    }
    assert.equal((await loadLook(context, theirs.scope)).look.accent, '#0a5c36');
  });

  test('the places of the links of others are neither counted, taken nor changed', async () => {
    const { mine, theirs } = world;
    const linkId = newUuid(context);
    const places = { linkId, places: 2 };
    const stored = [insertPlaces(theirs.scope, places)];
    assert.deepEqual(await context.database.commit(theirs.scope, stored), { ok: true });
    const without = { id: newUuid(context), linkId, hasPlace: false };
    const has = { ...without, hasPlace: true };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.deepEqual(await loadPlaces(context, scope, linkId), { places: null, taken: 0 });
      for (const write of [
        ...placeWrites(scope, without, has),
        ...placeWrites(scope, has, without),
        changePlaces(scope, { linkId, places: 9 }),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    assert.deepEqual(await loadPlaces(context, theirs.scope, linkId), { places: 2, taken: 0 });
  });
};
