// What live mode refuses to run on. Each of these has cost somebody money: a database that forgets
// what it acknowledged, a role that row level security does not bind, a secret nobody chose. Some of it may
// change while the gateway runs, and stops live mode then.

import type { Clock, Log } from '#kit/context';
import { type Connection, connect } from '#platform/db';
import { type Directory, type KeptAccount, keptAccounts, whyMisled } from '#rails/connectors';
import type { Settings } from './config.ts';
import { moduleMap } from './modules.ts';

export const refusalsOfLiveMode = async (
  settings: Settings,
  clock: Pick<Clock, 'now'>,
): Promise<string[]> => {
  const refusals: string[] = [];
  if (settings.secret === '') {
    refusals.push('TOLLGATE_SECRET is not set: live mode does not use a secret it made itself.');
  }
  if (!settings.publicUrl.startsWith('https://')) {
    refusals.push('TOLLGATE_PUBLIC_URL must begin with https:// in live mode.');
  }
  refusals.push(
    ...(await asRole(settings.databaseAppUrl, (app) => refusalsOfDatabase(app, clock))),
    ...(await asRole(settings.databaseVaultUrl, (vault) =>
      refusalsOfRole(vault, 'tollgate_vault'),
    )),
  );
  return refusals;
};

const asRole = async <T>(
  url: string,
  ask: (connection: Pick<Connection, 'send'>) => Promise<T>,
): Promise<T> => {
  const connection = await connect({
    url,
    connectTimeoutMs: 3_000,
    statementTimeoutMs: 6_000,
    applicationName: 'tollgate self-check',
  });
  try {
    return await ask(connection);
  } finally {
    await connection.close();
  }
};

const NAMED_MAX = 10;

export type Misled = {
  readonly live: readonly string[];
  /** Of live mode too, which starts with them: they take no payment. */
  readonly disabled: readonly string[];
  readonly test: readonly string[];
};

/** Accounts at providers that lead where they may not, by mode, as the owner of the tables sees them. */
export const misledAccounts = async (
  owner: Pick<Connection, 'send'>,
  directory: Pick<Directory, 'connectors' | 'places'>,
): Promise<Misled> => {
  const misled = { live: [] as string[], disabled: [] as string[], test: [] as string[] };
  for (const account of await owner.send<KeptAccount>(sql(keptAccounts))) {
    const why = whyMisled(directory, account);
    if (why === null) continue;
    misled[account.livemode ? (account.enabled ? 'live' : 'disabled') : 'test'].push(why);
  }
  return {
    live: someOf(misled.live),
    disabled: someOf(misled.disabled),
    test: someOf(misled.test),
  };
};

export const misledAccountsAt = (
  databaseUrl: string,
  directory: Pick<Directory, 'connectors' | 'places'>,
): Promise<Misled> => asRole(databaseUrl, (owner) => misledAccounts(owner, directory));

const someOf = (all: readonly string[]): readonly string[] =>
  all.length <= NAMED_MAX
    ? all
    : [...all.slice(0, NAMED_MAX), `So do ${all.length - NAMED_MAX} more.`];

const CLOCKS_MAY_DIFFER_MS = 2_000;

export const refusalsOfDatabase = async (
  app: Pick<Connection, 'send'>,
  clock: Pick<Clock, 'now'>,
): Promise<string[]> => {
  const refusals: string[] = [];
  for (const { name } of await app.send<{ name: string }>(sql(turnedOff))) {
    refusals.push(`The database runs with ${name} off: turn it on.`);
  }

  refusals.push(...(await refusalsOfRole(app, 'tollgate_app')));

  for (const { name } of await app.send<{ name: string }>(sql(unforced), [schemas])) {
    refusals.push(`Row level security is not enabled and forced on ${name}: run tollgate migrate.`);
  }

  const askedMs = clock.now();
  const [theirs] = await app.send<{ now: number }>(sql('select clock_timestamp() as now'));
  const theirMs = theirs?.now ?? 0;
  // However long it took to answer.
  const isNear =
    theirMs > askedMs - CLOCKS_MAY_DIFFER_MS && theirMs < clock.now() + CLOCKS_MAY_DIFFER_MS;
  if (!isNear) {
    refusals.push("This machine's clock and the database's differ by more than two seconds.");
  }
  return refusals;
};

const LOOK_EVERY_MS = 60_000;

export type LiveWatch = {
  /** Whether money may be moved in live mode now. */
  readonly isSafe: boolean;
  stop(): Promise<void>;
};

/** Asks again and again for what would have been refused at the start. */
export const watchLiveMode = (
  { clock, log }: { readonly clock: Omit<Clock, 'alarm'>; readonly log: Log },
  look: () => Promise<readonly string[]>,
): LiveWatch => {
  const ending = new AbortController();
  let told = '';
  // A clock that is set between two looks is one that nobody has compared: it would judge wrongly what others are
  // still waiting for. One that is only adjusted keeps pace with the one that nobody sets.
  const aheadMs = (): number => clock.now() - clock.monotonicMs();
  let comparedMs = aheadMs();
  let wake = (): void => {};

  const isAsCompared = (): boolean => {
    if (Math.abs(aheadMs() - comparedMs) < CLOCKS_MAY_DIFFER_MS) return true;
    wake();
    return false;
  };

  const lookOnce = async (): Promise<void> => {
    const nowMs = aheadMs();
    const problem = (await look()).join(' ');
    if (!isAsCompared()) log.warn({}, "This machine's clock was set");
    comparedMs = nowMs;
    if (problem === told) return;
    told = problem;
    if (problem === '') log.warn({}, 'Live mode goes on');
    else log.error({ problem }, 'Live mode is stopped: nothing is sent to providers');
  };
  const keepLooking = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      const waking = new AbortController();
      wake = () => waking.abort();
      await clock.sleep(LOOK_EVERY_MS, AbortSignal.any([ending.signal, waking.signal]));
      // A database that does not answer is told of where it is missed.
      if (!ending.signal.aborted) await lookOnce().catch(() => {});
    }
  };
  const looking = keepLooking();
  return {
    get isSafe() {
      return told === '' && isAsCompared();
    },
    stop: async () => {
      ending.abort();
      await looking;
    },
  };
};

/** A role that may become the owner of the tables is as good as the owner. */
const refusalsOfRole = async (
  connection: Pick<Connection, 'send'>,
  meant: string,
): Promise<string[]> => {
  const [role] = await connection.send<{
    name: string;
    rolsuper: boolean;
    rolbypassrls: boolean;
    owns: number;
  }>(
    sql(`select rolname as name, rolsuper, rolbypassrls,
                (select count(*)::integer from pg_class c join pg_namespace n on n.oid = c.relnamespace
                  where n.nspname = any($1) and pg_has_role(current_user, c.relowner, 'member')) as owns
           from pg_roles where rolname = current_user`),
    [schemas],
  );
  const who = `The role ${role?.name ?? 'that serves'}`;
  const refusals: string[] = [];
  if (role?.rolsuper) refusals.push(`${who} is a superuser: use ${meant}.`);
  if (role?.rolbypassrls) refusals.push(`${who} passes row level security: use ${meant}.`);
  if ((role?.owns ?? 0) > 0)
    refusals.push(`${who} owns tables, or may act as their owner: use ${meant}.`);
  return refusals;
};

/** Floors whose tables are Tollgate's. */
const schemas = [...new Set(moduleMap.map(({ name }) => name.split('/', 1)[0])), 'vault'];

// As a connection finds it. Ours say that they wait for each commit; behind a pooler that changes connections between
// transactions some of those to the server have never heard so.
const turnedOff = `
  select name from pg_settings
   where name in ('fsync', 'full_page_writes', 'synchronous_commit') and reset_val = 'off'
   order by name`;

/** Tables with an account that row level security does not hold. */
const unforced = `
  select n.nspname || '.' || c.relname as name
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
    join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id' and not a.attisdropped
   where n.nspname = any($1) and c.relkind in ('r', 'p')
     and not (c.relrowsecurity and c.relforcerowsecurity)
     -- Holds references only; see its migration.
     and n.nspname || '.' || c.relname <> 'platform.outbox'
   order by 1`;

const sql = (text: string) => ({ name: '', text });
