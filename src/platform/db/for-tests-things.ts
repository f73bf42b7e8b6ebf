// A table for what happens to a commit, and one whose rows are looked at only by COMMIT.

import { type Scope, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { insertRows, type Migration, rank, readMigrations, writeRows } from '#platform/db';
import { asOwner, databaseWith, type TestDatabase } from './for-tests.ts';
import { module } from './module.ts';

const things: Migration = {
  module: 'test',
  number: 1,
  name: '0001-things',
  text: `
    create schema test;
    grant usage on schema test to tollgate_app;
    create table test.things (
      account_id uuid not null, livemode boolean not null, id uuid not null,
      primary key (account_id, livemode, id));
    create table test.late (
      account_id uuid not null, livemode boolean not null, id uuid not null primary key, state text not null,
      name text unique deferrable initially deferred);
    create function test.refuse_late() returns trigger language plpgsql as $$ begin
      if new.state <> 'fine' then raise exception 'late' using errcode = new.state; end if;
      return null;
    end $$;
    create constraint trigger late after insert on test.late deferrable initially deferred
      for each row execute function test.refuse_late();
    call platform.isolate('test.things');
    call platform.isolate('test.late');
    grant select, insert, update, delete on test.things, test.late to tollgate_app;`,
};

export const databaseWithThings = async (): Promise<TestDatabase> =>
  databaseWith([...(await readMigrations([module])), things]);

const key = { account_id: 'uuid', livemode: 'boolean', id: 'uuid' } as const;
const insert = { table: 'test.things', key: 'id', rank: rank.insert, columns: key };
const insertThing = insertRows({ ...insert, name: 'test.insert_thing' });
const noteThing = insertRows({ ...insert, name: 'test.note_thing', isNote: true });
// What begins so is asked for its keys, and committed once they were heard.
const askedThing = writeRows({
  ...insert,
  name: 'test.asked_thing',
  text: (given) => `with made as (insert into test.things (account_id, livemode, id)
select given.account_id, given.livemode, given.id from ${given} returning id)
select id::text as key from made`,
});
const insertLate = insertRows({
  name: 'test.insert_late',
  table: 'test.late',
  columns: { ...key, state: 'text', name: 'text' },
  key: 'id',
  rank: rank.insert,
});

export const uuid = () => newUuid({ clock: systemClock, random: systemRandom });
export const scope: Scope = { accountId: uuid(), livemode: false };
const rowOf = (id: string) => [scope.accountId, false, id];
export const thing = (id: string = uuid()) => ({ into: insertThing, row: rowOf(id) });
export const note = (id: string = uuid()) => ({ into: noteThing, row: rowOf(id) });
export const asked = (id: string = uuid()) => ({ into: askedThing, row: rowOf(id) });
/** `state`: with which COMMIT fails, unless it is fine. */
export const late = (state: string, name: string | null = null) => ({
  into: insertLate,
  row: [...rowOf(uuid()), state, name],
});

export const isThere = async (on: TestDatabase, id: string): Promise<boolean> =>
  (await asOwner(on, 'select 1 as one from test.things where id = $1', [id])).length > 0;

export const until = async (isSo: () => Promise<boolean>): Promise<void> => {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries > 1_000) throw new Error('It never came');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** The backends of ours on the server; those that have something under way. */
export const backends = async (on: TestDatabase, busy?: 'busy'): Promise<number[]> => {
  const rows = await asOwner(
    on,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'tollgate'
        and (${busy === undefined} or state <> 'idle')`,
  );
  return rows.map(({ pid }) => Number(pid));
};

/** Where rows of it were written the server waits for COMMIT for as long as a test stops it. */
export const waitingForCommit = async (on: TestDatabase, table: string): Promise<void> => {
  await asOwner(
    on,
    `create function public.wait_on() returns trigger language plpgsql as $$ begin
       perform set_config('idle_in_transaction_session_timeout', '0', true);
       return null;
     end $$`,
  );
  await asOwner(
    on,
    `create trigger wait_on after insert or update on ${table} execute function public.wait_on()`,
  );
};

/** Nothing of ours runs meanwhile. */
export const pauseHere = (durationMs: number): void => {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, durationMs);
};

/** Once it has run what it was told, since a statement that is stopped is over its time when it goes on. */
export const stopBackend = (pid: number): void => {
  pauseHere(300);
  process.kill(pid, 'SIGSTOP');
};
