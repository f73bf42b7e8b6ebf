import { present } from '#kit/assert';
import { type Context, type Row, realClock, type Scope, type Tx, type Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Seal } from '#kit/seals';
import { insertRows, rank, spellTime, statement } from '#platform/db';
import type { AuditEntry } from './audit-entry.ts';

/** Notes an act in the transaction of the act. `details` name what changed, never a secret. */
export const auditEntry = (
  context: Pick<Context, 'clock' | 'random' | 'actor'>,
  act: {
    readonly scope: Scope | null;
    readonly action: string;
    readonly target?: string;
    readonly succeeded?: boolean;
    readonly details?: Readonly<Record<string, unknown>>;
  },
): Write => ({
  into: insertEntry,
  row: [
    newUuid(context),
    act.scope?.accountId ?? null,
    act.scope?.livemode ?? null,
    realClock(context.clock).now(),
    context.actor.kind,
    context.actor.id,
    act.action,
    act.target ?? null,
    act.succeeded ?? true,
    context.actor.address ?? null,
    context.actor.requestId ?? null,
    JSON.stringify(act.details ?? {}),
  ],
});

const entryColumns = {
  id: 'uuid',
  account_id: 'uuid',
  livemode: 'boolean',
  at: 'timestamptz',
  actor_kind: 'text',
  actor_id: 'text',
  action: 'text',
  target: 'text',
  succeeded: 'boolean',
  origin: 'text',
  request_id: 'text',
  details: 'json',
} as const;

const insertEntry = insertRows({
  name: 'audit.insert',
  table: 'identity.audit_entries',
  columns: entryColumns,
  key: 'id',
  rank: rank.log,
  isNote: true,
});

const listedColumns = [...Object.keys(entryColumns), 'position'];
const unsealed = statement(
  'audit.unsealed',
  `select ${listedColumns.join(', ')} from identity.unsealed_audit_entries($1, $2)`,
);
const toSeal = statement(
  'audit.to_seal',
  `select ${listedColumns.join(', ')} from identity.audit_entries_to_seal($1::bigint[], $2, $3)`,
);
const outside = statement(
  'audit.outside',
  'select upto, id, at from identity.audit_entries_outside($1, $2)',
);
const openBetween = statement(
  'audit.open_positions',
  'select identity.open_audit_positions($1, $2)::text[] as open',
);
const lastSeal = statement(
  'audit.last_seal',
  `select number, entries, root, previous, hash, upto, signature, sealed_at, open_positions::text[] as open
     from identity.audit_seals order by number desc limit 1`,
);
const sealsFrom = statement(
  'audit.seals',
  'select * from identity.audit_seals where number > $1 order by number limit $2',
);
const sealedEntries = statement(
  'audit.sealed',
  `select seal, leaf, ${listedColumns.map((column) => `(entry).${column}`).join(', ')}
     from identity.sealed_audit_entries($1, $2)`,
);
const insertSeal = statement(
  'audit.insert_seal',
  `insert into identity.audit_seals (number, entries, root, previous, hash, upto, signature, sealed_at, open_positions)
   values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz, $9::bigint[])`,
);
const insertLeaves = statement(
  'audit.insert_leaves',
  `insert into identity.audit_leaves (entry_id, seal, leaf)
   select entry_id, $2, leaf - 1 from unnest($1::uuid[]) with ordinality as given(entry_id, leaf)`,
);
const onlySealer = statement(
  'audit.only_sealer',
  `select pg_try_advisory_xact_lock(hashtext('tollgate audit seal')) as mine`,
);

/** One sealer at a time; the others find nothing to do. */
export const becomeSealer = async (tx: Tx): Promise<boolean> =>
  (await tx.query<{ mine: boolean }>(onlySealer))[0]?.mine ?? false;

export const loadUnsealed = (tx: Tx, after: bigint, atMost: number): Promise<AuditEntry[]> =>
  tx.query<AuditEntry>(unsealed, [after, atMost]);

type Piece = Row & {
  /** Null when there are no more entries. */
  readonly upto: bigint | null;
  readonly id: string | null;
  readonly at: number | null;
};

/** Of the next so many entries the first that no seal covers. */
export const loadOutside = async (tx: Tx, after: bigint, atMost: number): Promise<Piece> =>
  present((await tx.query<Piece>(outside, [after, atMost]))[0], 'A piece of the audit log');

/** From the positions at which nothing was seen, and from what is newer. */
export const loadToSeal = (
  tx: Tx,
  open: ReadonlySet<bigint>,
  after: bigint,
  atMost: number,
): Promise<AuditEntry[]> => tx.query<AuditEntry>(toSeal, [spell(open), after, atMost]);

const spell = (positions: ReadonlySet<bigint>): string => `{${[...positions].join(',')}}`;
const unspell = (positions: readonly string[]): Set<bigint> => new Set(positions.map(BigInt));

/** Where nothing is to be seen yet: perhaps there never will. */
export const loadOpenPositions = async (
  tx: Tx,
  after: bigint,
  upto: bigint,
): Promise<Set<bigint>> =>
  unspell((await tx.query<{ open: string[] }>(openBetween, [after, upto]))[0]?.open ?? []);

/** `open` is null of a seal that does not say it. */
export type LastSeal = Seal & { readonly open: ReadonlySet<bigint> | null };

export const loadLastSeal = async (tx: Tx): Promise<LastSeal | undefined> => {
  const [last] = await tx.query<Seal & { readonly open: string[] | null }>(lastSeal);
  return last && { ...last, open: last.open && unspell(last.open) };
};

export const loadSealsAfter = (tx: Tx, number: bigint, atMost: number): Promise<Seal[]> =>
  tx.query<Seal>(sealsFrom, [number, atMost]);

export type SealedEntry = { readonly seal: bigint; readonly leaf: number } & (
  | AuditEntry
  | { readonly id: null }
);

export const loadSealedEntries = (tx: Tx, first: bigint, last: bigint): Promise<SealedEntry[]> =>
  tx.query<SealedEntry>(sealedEntries, [first, last]);

export const storeSeal = async (
  tx: Tx,
  seal: Seal,
  of: { readonly entryIds: readonly string[]; readonly open: ReadonlySet<bigint> },
): Promise<void> => {
  await tx.query(insertSeal, [
    seal.number,
    seal.entries,
    seal.root,
    seal.previous,
    seal.hash,
    seal.upto,
    seal.signature,
    spellTime(seal.sealed_at),
    spell(of.open),
  ]);
  await tx.query(insertLeaves, [of.entryIds, seal.number]);
};
