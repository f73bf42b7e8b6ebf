import { auditEntry } from '#identity/audit';
import { present } from '#kit/assert';
import type { Scope, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { sealCardBytes } from './card-cipher.ts';
import { insertCard } from './cards.store.ts';
import { isGoneDataKey } from './data-keys.ts';
import { VaultUnavailable } from './failures.ts';
import { fingerprintsOf, spell } from './fingerprint.ts';
import { insertFingerprint, loadFingerprints, touchFingerprint } from './fingerprints.store.ts';
import { cvcName, wipeReceived } from './receive-card.ts';
import type { Caller, Sealed } from './vault.ts';
import type { ReceivedCard, VaultParts } from './vault-context.ts';

export const sealCard = async (
  vault: VaultParts,
  caller: Caller,
  input: { readonly scope: Scope; readonly received: string; readonly cvcFor?: string },
): Promise<Sealed | { readonly ok: false; readonly code: 'received_gone' }> => {
  const { scope } = input;
  const card = vault.received.take(input.received);
  if (card === null) return { ok: false, code: 'received_gone' };
  try {
    // A handle of another account opens nothing, and is gone for having been tried.
    if (card.accountId !== scope.accountId || card.livemode !== scope.livemode) {
      return { ok: false, code: 'received_gone' };
    }
    const sealed = await store(vault, caller, scope, card);
    if (input.cvcFor !== undefined && card.cvc !== null) {
      // A copy: what was received is wiped below, whatever happens.
      vault.cvcs.put(cvcName(scope, input.cvcFor), Buffer.from(card.cvc));
    }
    return sealed;
  } finally {
    wipeReceived(card);
  }
};

const TRIES_MAX = 5;

const store = async (
  vault: VaultParts,
  caller: Caller,
  scope: Scope,
  card: ReceivedCard,
): Promise<Sealed> => {
  const { context, dataKeys } = vault;
  const id = newUuid(context);

  for (let attempt = 1; attempt <= TRIES_MAX; attempt += 1) {
    const { name, version, writes } = await nameOf(vault, scope, id, card.number);
    const dataKey = await dataKeys.current(scope);
    const sealed = sealCardBytes(context, scope, dataKey, { ...card, id });
    const nowMs = context.clock.now();
    const unit = [
      ...writes,
      ...insertCard(scope, { ...sealed, fingerprint: name, version, nowMs }),
      auditEntry(
        { ...context, actor: caller.actor },
        { scope, action: 'vault.card.seal', target: id, details: { data_key: dataKey.id } },
      ),
    ];
    try {
      const outcome = await context.database.commit(scope, unit);
      if (outcome.ok) return { ok: true, card: id, fingerprint: name };
      // Somebody gave this number a name at this moment, or forgot it: look again.
    } catch (error) {
      if (!isGoneDataKey(error)) throw error;
      dataKeys.forgetCurrent(scope);
    }
  }
  throw new VaultUnavailable('The card could not be sealed: others keep changing its keys.');
};

const SEEN_FOR_MS = 60 * 60_000;

/**
 * The name a number has in this account, or gets, and what has to be written for it: its fingerprint
 * under the versions where it is missing, and that it was seen, where that was long ago.
 */
export const nameOf = async (
  vault: VaultParts,
  scope: Scope,
  card: Uuid,
  number: Buffer,
): Promise<{ name: string; version: number; writes: Write[] }> => {
  const keys = await vault.sharedKeys.versions('fingerprint');
  const macs = fingerprintsOf(scope, keys, number);
  const newest = present(macs[0], 'a fingerprint key');
  const known = await loadFingerprints(vault.context, scope, macs);
  const name = known[0]?.name ?? spell(newest.mac);

  const nowMs = vault.context.clock.now();
  const writes: Write[] = [];
  for (const { version, mac } of macs) {
    const row = known.find((row) => row.version === version);
    if (row === undefined) writes.push(insertFingerprint(scope, { version, mac, name, nowMs }));
    else if (nowMs - row.seen_at > SEEN_FOR_MS) {
      writes.push(touchFingerprint(scope, { version, mac, card, nowMs }));
    }
  }
  return { name, version: newest.version, writes };
};
