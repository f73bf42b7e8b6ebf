// An entry of the audit log, and what of it is sealed.

import { leafOf } from '#kit/seals';

export type AuditEntry = {
  readonly id: string;
  readonly account_id: string | null;
  readonly livemode: boolean | null;
  readonly at: number;
  readonly actor_kind: string;
  readonly actor_id: string;
  readonly action: string;
  readonly target: string | null;
  readonly succeeded: boolean;
  readonly origin: string | null;
  readonly request_id: string | null;
  readonly details: unknown;
  readonly position: bigint;
};

export const auditLeaf = (entry: AuditEntry): Buffer =>
  leafOf([
    entry.id,
    entry.account_id,
    entry.livemode,
    entry.at,
    entry.actor_kind,
    entry.actor_id,
    entry.action,
    entry.target,
    entry.succeeded,
    entry.origin,
    entry.request_id,
    entry.details,
  ]);
