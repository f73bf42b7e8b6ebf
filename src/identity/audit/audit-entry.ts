// An entry of the audit log, and the arithmetic of its seals. All of it is pure.

import { sha256 } from '#kit/crypto';

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

export type AuditSeal = {
  readonly number: bigint;
  readonly entries: number;
  readonly root: Buffer;
  readonly previous: Buffer;
  readonly hash: Buffer;
  readonly upto: bigint;
  readonly signature: Buffer;
  readonly sealed_at: number;
};

/** Before the first seal stands nothing. */
export const GENESIS: Buffer = Buffer.alloc(32);

/** Leaves and nodes begin with different bytes, so that one can never be passed off as the other. */
export const leafOf = (entry: AuditEntry): Buffer =>
  sha256(
    Buffer.concat([
      Buffer.of(0),
      Buffer.from(
        JSON.stringify([
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
        ]),
      ),
    ]),
  );

export const merkleRoot = (leaves: readonly Buffer[]): Buffer => {
  let level = leaves;
  while (level.length > 1) {
    const above: Buffer[] = [];
    for (let n = 0; n < level.length; n += 2) {
      const [left, right] = [level[n] as Buffer, level[n + 1]];
      above.push(right ? sha256(Buffer.concat([Buffer.of(1), left, right])) : left);
    }
    level = above;
  }
  return level[0] ?? GENESIS;
};

export const sealHash = (seal: Omit<AuditSeal, 'hash' | 'signature'>): Buffer =>
  sha256(
    JSON.stringify([
      String(seal.number),
      seal.entries,
      seal.root.toString('hex'),
      seal.previous.toString('hex'),
      String(seal.upto),
      seal.sealed_at,
    ]),
  );
