// A Merkle tree over what is sealed: one root that depends on every leaf and on their order.

import { sha256 } from '#kit/crypto';

/** Before the first seal stands nothing. */
export const GENESIS: Buffer = Buffer.alloc(32);

/** Leaves and nodes begin with different bytes, so that one can never be passed off as the other. */
export const leafOf = (fields: readonly unknown[]): Buffer =>
  sha256(Buffer.concat([Buffer.of(0), Buffer.from(JSON.stringify(fields))]));

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
