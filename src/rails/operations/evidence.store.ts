import { assert, present } from '#kit/assert';
import type { Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, namesByCode, rank, writeRows } from '#platform/db';
import { type Evidence, evidenceKinds, type Outcome } from './evidence.ts';

const kindOf = namesByCode(evidenceKinds);

const evidence = {
  table: 'rails.evidence',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    operation_id: 'uuid',
    id: 'uuid',
    kind: 'smallint',
    at: 'timestamptz',
    send: 'integer',
    source_key: 'text',
    says: 'json',
  },
  key: 'id',
  rank: rank.insert,
} as const;
const insertEvidenceRow = insertRows({ name: 'evidence.insert', ...evidence });
// What has a name of its own may come again, also at the same moment.
const insertNamedRow = insertRows({ name: 'evidence.insert_named', ...evidence, orNothing: true });

// Arrays of arrays cannot be unnested by row, so what a person had before them travels as text.
const insertPersonRow = writeRows({
  name: 'evidence.insert_person',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    operation_id: 'uuid',
    id: 'uuid',
    kind: 'smallint',
    at: 'timestamptz',
    source_key: 'text',
    considered: 'text',
    says: 'json',
  },
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into rails.evidence (account_id, livemode, operation_id, id, kind, at,
                            source_key, considered, says)
select account_id, livemode, operation_id, id, kind, at, source_key, considered::uuid[], says
  from ${given}
on conflict do nothing
returning id::text as key`,
});

export const insertEvidence = (scope: Scope, operationId: Uuid, evidence: Evidence): Write => {
  const { id, kind, atMs, send, sourceKey, considered, says } = evidence;
  const owner = [scope.accountId, scope.livemode, operationId, id, evidenceKinds[kind], atMs];
  if (kind !== 'person') {
    assert(considered.length === 0, 'Only a person has considered something');
    return {
      into: sourceKey === null ? insertEvidenceRow : insertNamedRow,
      row: [...owner, send, sourceKey, spell(says)],
    };
  }
  return {
    into: insertPersonRow,
    row: [...owner, sourceKey, `{${considered.join(',')}}`, spell(says)],
  };
};

/** Amounts are whole numbers beyond what JSON holds, so they are spelled as text. */
const spell = (says: Outcome): string =>
  JSON.stringify(
    'amount' in says && typeof says.amount === 'bigint'
      ? { ...says, amount: String(says.amount) }
      : says,
  );

const unspell = (says: Record<string, unknown>): Outcome =>
  (typeof says['amount'] === 'string'
    ? { ...says, amount: BigInt(says['amount']) }
    : says) as unknown as Outcome;

/** As they are selected beside the operation's own. */
export const evidenceColumns =
  'e.id as evidence_id, e.kind as evidence_kind, at, send, source_key, considered, says';

export type EvidenceRow = Row & {
  readonly evidence_id: Uuid;
  readonly evidence_kind: number;
  readonly at: number;
  readonly send: number | null;
  readonly source_key: string | null;
  readonly considered: readonly Uuid[];
  readonly says: Record<string, unknown>;
};

export const fromEvidenceRow = (row: EvidenceRow): Evidence => ({
  id: row.evidence_id,
  kind: present(kindOf.get(row.evidence_kind), `A name for ${row.evidence_kind}`),
  atMs: row.at,
  send: row.send,
  sourceKey: row.source_key,
  considered: row.considered,
  says: unspell(row.says),
});
