// Batches said one behind the other on one connection, as a lane does where many wait.

import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type Commit, type Scope, systemClock, type Write } from '#kit/context';
import { type Connection, connect, isServerError } from './connection.ts';
import { connectionSettings } from './for-tests.ts';
import {
  claimName,
  merchant,
  name,
  openMerchants,
  renamed,
  thing,
  uuid,
} from './for-tests-merchants.ts';
import { createLane } from './group-commit.ts';

const { on, count } = await openMerchants();

const UNITS = 4;

/** A lane to the server, whose COMMITs may be held back, and what was said while one was not answered. */
const openLane = (t: TestContext) => {
  const behind: string[] = [];
  const held: (() => void)[] = [];
  const gate = {
    holds: false,
    open: () => {
      gate.holds = false;
      for (const go of held.splice(0)) go();
    },
  };
  let unanswered = 0;
  const wrapped = (server: Connection): Connection => ({
    ...server,
    get broken() {
      return server.broken;
    },
    send: async (statement, values) => {
      if (statement.name !== 'commit') return await server.send(statement, values);
      unanswered += 1;
      const answer = server.send(statement, values);
      if (gate.holds) await new Promise<void>((resolve) => void held.push(resolve));
      return (await answer.finally(() => {
        unanswered -= 1;
      })) as never[];
    },
    sendTogether: (calls) => {
      const names = calls.map(({ statement }) => statement.name);
      if (unanswered > 0 && names[0] === 'begin') behind.push(names.slice(2).join(' '));
      return server.sendTogether(calls);
    },
  });
  const lane = createLane({
    connect: async () => wrapped(await connect(connectionSettings(on.appUrl))),
    livemode: false,
    unitsMax: UNITS,
    waitingMax: 10_000,
    crashPoint: () => {},
    monotonicMs: () => systemClock.monotonicMs(),
  });
  const submit = (scope: Scope, ...writes: Write[]): Promise<Commit> => lane.submit(scope, writes);
  t.after(async () => {
    gate.open();
    await lane.close();
  });
  return { lane, submit, behind, gate };
};

const turns = async (): Promise<void> => {
  for (let n = 0; n < 50; n += 1) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('a batch that is said behind another', { timeout: 60_000 }, () => {
  test('leaves while the COMMIT before it is not answered, once it is full', async (t) => {
    const { submit, behind, gate } = openLane(t);
    const scope = merchant();
    const several = (length: number) =>
      Array.from({ length }, () => submit(scope, thing(scope, 'one')));
    await submit(scope, thing(scope, 'the first'));
    gate.holds = true;
    const commits = several(1);
    await turns();
    commits.push(...several(UNITS - 1));
    await turns();
    assert.deepEqual(behind, [], 'one that is not full gets larger while it waits');
    commits.push(...several(1));
    await turns();
    assert.deepEqual(behind, ['test.insert_thing.sure']);
    commits.push(...several(UNITS));
    await turns();
    assert.equal(behind.length, 1, 'and a third is not said behind two');
    gate.open();
    assert.ok((await Promise.all(commits)).every(({ ok }) => ok));
    assert.equal(await count(scope), 2 + 2 * UNITS);
  });

  test('is committed where what is before it fails, which is tried again when nothing else is under way', async (t) => {
    const { submit, behind } = openLane(t);
    const scope = merchant();
    await submit(scope, thing(scope, 'the first'));
    const many = (what: string, length: number) =>
      Array.from({ length }, (_, n) => submit(scope, thing(scope, `${what} ${n}`)));
    const broken = submit(scope, thing(scope, 'bad', -1n));
    const neighbours = many('neighbour', UNITS - 1);
    const next = many('next', UNITS);
    const last = many('last', UNITS);
    await assert.rejects(broken, isServerError);
    for (const group of [neighbours, next, last]) {
      assert.ok((await Promise.all(group)).every(({ ok }) => ok));
    }
    assert.ok(behind.length > 0, 'something was said behind a COMMIT');
    assert.equal(await count(scope), 1 + UNITS - 1 + 2 * UNITS);
  });

  test('loses nobody: of some thousands, of whom some lose and some are wrong, each hears what became of it', async (t) => {
    const { submit, behind } = openLane(t);
    const scopes = [merchant(), merchant(), merchant()];
    const old = uuid();
    const [owner = merchant()] = scopes;
    await submit(owner, thing(owner, 'old', 0n, old));
    await submit(owner, renamed(owner, old, 1, 'newer'));
    const kinds = { ok: 0, lost: 0, wrong: 0 };
    const due = new Map(scopes.map((scope) => [scope, scope === owner ? 1 : 0]));
    // A linear congruence, so that a failure comes again.
    let seed = 20261201;
    const below = (limit: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((seed / 2_147_483_648) * limit);
    };
    const tell = async (n: number): Promise<void> => {
      const scope = scopes[below(3)] as Scope;
      const id = uuid();
      const one = thing(scope, `thing ${n}`, 0n, id);
      const kind = below(40);
      const writes =
        kind === 0
          ? [one, thing(scope, 'bad', -1n)]
          : kind < 3
            ? [name(scope, `name ${below(20)}`), one]
            : kind === 3
              ? [renamed(owner, old, 1, 'stale'), thing(owner, `beside ${n}`)]
              : [one];
      const of = kind === 3 ? owner : scope;
      const outcome = await submit(of, ...writes).catch((error: unknown) => {
        assert.ok(isServerError(error), String(error));
        return null;
      });
      if (outcome === null) kinds.wrong += 1;
      else if (outcome.ok) {
        kinds.ok += 1;
        due.set(of, (due.get(of) ?? 0) + 1);
      } else kinds.lost += 1;
      assert.equal(outcome === null, kind === 0);
      if (outcome?.ok === false) assert.ok(outcome.lost === claimName || kind === 3);
    };
    for (let round = 0; round < 40; round += 1) {
      await Promise.all(Array.from({ length: 60 }, (_, n) => tell(round * 60 + n)));
    }
    assert.ok(behind.length > 100, `${behind.length} said behind another`);
    assert.ok(kinds.wrong > 20 && kinds.lost > 20, JSON.stringify(kinds));
    for (const scope of scopes) assert.equal(await count(scope), due.get(scope));
  });
});
