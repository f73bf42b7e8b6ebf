// A database in which merchants have things with names, for tests: a name is claimed, a thing is inserted or renamed.

import { after } from 'node:test';
import { crashPointFrom, type Scope, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  insertRows,
  type Migration,
  type OpenDatabase,
  openDatabase,
  rank,
  readMigrations,
  statement,
  writeRows,
} from '#platform/db';
import { databaseWith } from './for-tests.ts';
import { module } from './module.ts';

const things: Migration = {
  module: 'test',
  number: 1,
  name: '0001-things',
  text: `
    create schema test;
    grant usage on schema test to tollgate_app;
    create table test.things (
      account_id uuid not null, livemode boolean not null, id uuid not null, name text not null,
      version integer not null default 1, amount bigint not null default 0 check (amount >= 0),
      primary key (account_id, livemode, id));
    create table test.names (
      account_id uuid not null, livemode boolean not null, name text not null, id uuid not null,
      primary key (account_id, livemode, name));
    create sequence test.calls;
    create function test.works_once() returns boolean language plpgsql as $$ begin
      if nextval('test.calls') > 1 then raise exception 'not twice'; end if;
      return true;
    end $$;
    grant usage on sequence test.calls to tollgate_app;
    call platform.isolate('test.things');
    call platform.isolate('test.names');
    grant select, insert, update, delete on test.things, test.names to tollgate_app;`,
};

export const claimName = insertRows({
  name: 'test.claim_name',
  table: 'test.names',
  columns: { account_id: 'uuid', livemode: 'boolean', name: 'text', id: 'uuid' },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});
export const insertThing = insertRows({
  name: 'test.insert_thing',
  table: 'test.things',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', name: 'text', amount: 'bigint' },
  key: 'id',
  rank: rank.insert,
});
const updateThing = writeRows({
  name: 'test.update_thing',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    version: 'integer',
    name: 'text',
  },
  key: 'id',
  rank: rank.update,
  text: (
    given,
  ) => `update test.things t set name = given.name, version = t.version + 1 from ${given}
    where t.account_id = given.account_id and t.livemode = given.livemode and t.id = given.id
      and t.version = given.version returning t.id::text as key`,
});
const updateAmount = writeRows({
  name: 'test.update_amount',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', amount: 'bigint' },
  key: 'id',
  rank: rank.claim,
  text: (given) => `update test.things t set amount = given.amount from ${given}
    where t.account_id = given.account_id and t.livemode = given.livemode and t.id = given.id
returning t.id::text as key`,
});
// Until it is known that somebody has lost, and who.
export const worksOnce = writeRows({
  name: 'test.works_once',
  columns: { id: 'uuid' },
  key: 'id',
  ownedBy: 'nobody',
  rank: rank.update,
  text: (given) => `select given.id::text as key from ${given} where test.works_once()`,
});
export const allThings = statement(
  'test.all',
  'select id, name, version, amount from test.things order by id',
);
export const countThings = statement(
  'test.count',
  'select count(*)::integer as count from test.things',
);

export const uuid = () => newUuid({ clock: systemClock, random: systemRandom });
export const merchant = (livemode = false): Scope => ({ accountId: uuid(), livemode });
export const thing = (scope: Scope, name: string, amount = 0n, id = uuid()) => ({
  into: insertThing,
  row: [scope.accountId, scope.livemode, id, name, amount],
});
export const name = (scope: Scope, text: string) => ({
  into: claimName,
  row: [scope.accountId, scope.livemode, text, uuid()],
});
/** Whatever its version is, and before all that asks for one. */
export const owes = (scope: Scope, id: string, amount: bigint) => ({
  into: updateAmount,
  row: [scope.accountId, scope.livemode, id, amount],
});
export const renamed = (scope: Scope, id: string, version: number, text: string) => ({
  into: updateThing,
  row: [scope.accountId, scope.livemode, id, version, text],
});

/** `open`: as another process would. */
export const openMerchants = async () => {
  const on = await databaseWith([...(await readMigrations([module])), things]);
  const open = (): OpenDatabase =>
    openDatabase({
      url: on.appUrl,
      poolSize: 4,
      clock: systemClock,
      crashPoint: crashPointFrom(undefined),
    });
  const database = open();
  after(() => database.close());
  const count = async (scope: Scope): Promise<number> =>
    (await database.read<{ count: number }>(scope, countThings))[0]?.count ?? -1;
  return { on, open, database, count };
};
