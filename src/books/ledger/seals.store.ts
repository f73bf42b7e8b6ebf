import type { Row, Tx } from '#kit/context';
import type { Seal } from '#kit/seals';
import { spellTime, statement } from '#platform/db';

export type SealedEntry = Row & { readonly position: bigint };

const onlySealer = statement(
  'ledger.only_sealer',
  `select pg_try_advisory_xact_lock(hashtext('tollgate books seal')) as mine`,
);
const lastSeal = statement(
  'ledger.last_seal',
  'select * from books.seals order by number desc limit 1',
);
const sealsFrom = statement(
  'ledger.seals',
  'select * from books.seals where number > $1 order by number limit $2',
);
const nextEnd = statement('ledger.next_seal_end', 'select books.next_seal_end($1, $2) as upto');
// As text where a number has no one spelling, so that what is sealed is what stands there.
const between = statement(
  'ledger.entries_between',
  `select position, account_id, livemode, id, posted_at, available_at, subject, purpose, part,
          currency, accounts::text as accounts, amounts::text as amounts, details::text as details
     from books.entries_between($1, $2)`,
);
const insertSeal = statement(
  'ledger.insert_seal',
  `insert into books.seals (number, entries, root, previous, hash, upto, signature, sealed_at)
   values ($1, $2, $3, $4, $5, $6, $7, $8::timestamptz)`,
);

/** One sealer at a time; the others find nothing to do. */
export const becomeSealer = async (tx: Tx): Promise<boolean> =>
  (await tx.query<{ mine: boolean }>(onlySealer))[0]?.mine ?? false;

export const loadLastSeal = async (tx: Tx): Promise<Seal | undefined> =>
  (await tx.query<Seal>(lastSeal))[0];

export const loadSealsAfter = (tx: Tx, number: bigint, atMost: number): Promise<Seal[]> =>
  tx.query<Seal>(sealsFrom, [number, atMost]);

export const loadNextEnd = async (
  tx: Tx,
  since: bigint,
  transactions: number,
): Promise<bigint | null> =>
  (await tx.query<{ upto: bigint | null }>(nextEnd, [since, transactions]))[0]?.upto ?? null;

export const loadBetween = (tx: Tx, since: bigint, upto: bigint): Promise<SealedEntry[]> =>
  tx.query<SealedEntry>(between, [since, upto]);

export const storeSeal = async (tx: Tx, seal: Seal): Promise<void> => {
  await tx.query(insertSeal, [
    seal.number,
    seal.entries,
    seal.root,
    seal.previous,
    seal.hash,
    seal.upto,
    seal.signature,
    spellTime(seal.sealed_at),
  ]);
};
