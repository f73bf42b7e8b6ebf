// Who tries, as far as can be told: the network, and the device that our page knows again. Kept as digests
// under a key, for each account and mode, so that the table tells nobody's address.

import type { Scope, Visitor } from '#kit/context';
import { hmacSha256 } from '#kit/crypto';
import { type Uuid, uuidFromBytes } from '#kit/ids';

export type Who = { readonly network: Uuid; readonly device: Uuid | null };

export const whoIs = (key: Buffer, scope: Scope, { network, device }: Visitor): Who => {
  const digest = (kind: string, value: string): Uuid =>
    uuidFromBytes(
      hmacSha256(key, JSON.stringify([kind, scope.accountId, scope.livemode, value])).subarray(
        0,
        16,
      ),
    );
  return {
    network: digest('network', network),
    device: device === null ? null : digest('device', device),
  };
};
