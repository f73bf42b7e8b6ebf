// What a test with a database begins with: a context of its own, on a database of its own, with the
// schema of all modules.

import { newAccount } from '#identity/accounts';
import { type Context, crashPointFrom, type Scope, systemClock, systemRandom } from '#kit/context';
import { type OpenDatabase, openDatabase, readMigrations } from '#platform/db';
import { noNetwork, silentLog } from './kit/context/for-tests.ts';
import { closedAtEnd } from './kit/context/for-tests-end.ts';
import { modules } from './modules.ts';
import { databaseWith, type TestDatabase } from './platform/db/for-tests.ts';

export { asOwner, type TestDatabase } from './platform/db/for-tests.ts';

export type TestContext = Context & {
  readonly database: OpenDatabase;
  readonly on: TestDatabase;
};

let migrations: ReturnType<typeof readMigrations> | undefined;

export const testDatabase = async (): Promise<TestDatabase> => {
  migrations ??= readMigrations(modules);
  return databaseWith(await migrations);
};

// Registered here and not in `testContext`: a hook registered inside another hook ends with it.
const closing = closedAtEnd();

/** Closes by itself at the end of the test file. `on` shares a database with another context. */
export const testContext = async (
  changes: Partial<Omit<TestContext, 'database'>> = {},
): Promise<TestContext> => {
  const on = changes.on ?? (await testDatabase());
  const clock = changes.clock ?? systemClock;
  const crashPoint = crashPointFrom(undefined);
  const database = openDatabase({ url: on.appUrl, poolSize: 4, clock, crashPoint });
  closing.push(() => database.close());
  return {
    random: systemRandom,
    network: noNetwork,
    log: silentLog,
    actor: { kind: 'system', id: 'test' },
    crashPoint,
    ...changes,
    clock,
    database,
    on,
  };
};

/** A merchant to act for. */
export const testAccount = async (context: Context, livemode = false): Promise<Scope> => {
  const { account, write } = newAccount(context, { name: 'A merchant' });
  const scope = { accountId: account.id, livemode };
  await context.database.commit(scope, [write]);
  return scope;
};
