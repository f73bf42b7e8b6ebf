// What belongs to one account does not exist for another, nor for the other mode of the same one: not
// by its id, wherever an id may be written, nor in a list or a search. Then the same again without
// the stores' own condition on the account: row level security alone must hold.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { systemClock } from '#kit/context';
import { openDatabase } from '#platform/db';
import { testDatabase } from '../src/for-tests.ts';
import { atEnd } from '../src/kit/context/for-tests-end.ts';
import { testBank } from '../src/payments/intents/for-tests-bank.ts';
import { booksOfOthers } from './isolation/books-of-others.ts';
import { cardsOfOthers } from './isolation/cards-of-others.ts';
import { commerceOfOthers } from './isolation/commerce-of-others.ts';
import { filteredStatements, notServed } from './isolation/filtered-statements.ts';
import { createFilterless } from './isolation/filterless.ts';
import { identityOfOthers } from './isolation/identity-of-others.ts';
import { idsOfOthers } from './isolation/ids-of-others.ts';
import { outwardOfOthers } from './isolation/outward-of-others.ts';
import { paymentsOfOthers } from './isolation/payments-of-others.ts';
import { providersTellOfOthers } from './isolation/providers-tell-of-others.ts';
import { railsOfOthers } from './isolation/rails-of-others.ts';
import { worldOf } from './isolation/world.ts';
import { startGatewayHere } from './support/gateway.ts';

// A provider to pay with, and one of which an account is only kept.
const banks = () => ['paperbank', 'spare'].map((name) => testBank(name).connector);

describe('another account, and the other mode,', async () => {
  const gateway = await startGatewayHere({ connectors: banks() });
  idsOfOthers(await worldOf(gateway));
});

describe('with row level security alone,', async () => {
  const filters = createFilterless();
  // One commit may carry what several accounts write, and row level security admits them all to it. So what has no
  // filter goes in commits of its own: in one with what the worker writes for others it would find their rows.
  const on = await testDatabase();
  const database = filters.wrap(
    openDatabase({ url: on.appUrl, poolSize: 10, clock: systemClock, crashPoint: () => {} }),
  );
  const gateway = await startGatewayHere({
    on,
    wrapDatabase: () => database,
    connectors: banks(),
  });
  atEnd(() => database.close());
  const world = await worldOf(gateway);
  const context = { ...gateway.context, database };
  const tried = { gateway, context, world };
  idsOfOthers(world);
  identityOfOthers(tried);
  outwardOfOthers(tried);
  commerceOfOthers(tried);
  cardsOfOthers(tried);
  booksOfOthers(tried);
  paymentsOfOthers(tried);
  railsOfOthers(tried);
  providersTellOfOthers(tried);

  // Each test of this block runs statements; what they ran is asked once they are done.
  after(() => {
    const known = new Set(filteredStatements());
    const untried = [...known].filter((name) => !filters.removed.has(name) && !(name in notServed));
    assert.deepEqual(
      untried,
      [],
      'Statements with a condition on the account that ran nowhere above: try them, or say why not',
    );
    assert.ok(filters.removed.has('unnamed id'), 'A search was tried.');
    assert.ok(filters.removed.has('unnamed count'), 'Counting a search was tried.');
  });
});

test('no store filters by account in a way that is unknown here', () => {
  const names = filteredStatements();
  for (const expected of [
    'answers.find',
    'answers.finish',
    'api_keys.list',
    'customers.find',
    'customers.list_older',
    'customers.list_newer',
    'customers.update',
    'events.find',
  ]) {
    assert.ok(names.includes(expected), `${expected} was not found among ${names.join(', ')}`);
  }
});
