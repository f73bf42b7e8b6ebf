import type { KeyObject } from 'node:crypto';
import { auditEntry } from '#identity/audit';
import type { Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type OpenedCard, openCardBytes, rewrapCardKey, sealCardBytes } from './card-cipher.ts';
import {
  type CardRow,
  loadCard,
  removeCard,
  removeUnusedCard,
  replaceCardKey,
  resealCard,
  touchCard,
} from './cards.store.ts';
import { isGoneDataKey } from './data-keys.ts';
import { Tampered, VaultUnavailable } from './failures.ts';
import { riskFingerprintsOf } from './fingerprint.ts';
import { cvcName } from './receive-card.ts';
import type {
  Caller,
  CardGone,
  ExpectedCard,
  Expiry,
  OpenCard,
  Opening,
  OpeningEntry,
} from './vault.ts';
import type { GivenEntry, VaultParts } from './vault-context.ts';

const gone: CardGone = { ok: false, code: 'card_gone' };
const DAY_MS = 86_400_000;

export const withCard = async <T>(
  vault: VaultParts,
  caller: Caller,
  input: Opening & { readonly expected?: ExpectedCard },
  use: (card: OpenCard) => Promise<T>,
): Promise<{ readonly ok: true; readonly value: T } | CardGone> => {
  const { scope } = input;
  // Taken first: whatever goes wrong now, it is not there for a second try.
  const cvc = input.cvcFor === undefined ? null : vault.cvcs.take(cvcName(scope, input.cvcFor));
  let card: OpenedCard | null = null;
  try {
    card = await openAudited(
      vault,
      caller,
      openingOf(input, cvc !== null),
      expectedOf(vault, input),
    );
    if (card === null) return gone;
    const { details, number } = card;
    return { ok: true, value: await use({ ...details, number, cvc }) };
  } finally {
    card?.wipe();
    cvc?.fill(0);
  }
};

export const openingEntry = (vault: VaultParts, caller: Caller, input: Opening): OpeningEntry => {
  const access = madeAhead(expectedOpening(vault, input));
  const given: GivenEntry = { opening: input, hasCvc: hasCvc(vault, input), isDurable: false };
  const entry: OpeningEntry = {
    write: {
      ...auditOf(vault, caller, access),
      committed: () => {
        given.isDurable = true;
      },
    },
  };
  vault.entries.set(entry, given);
  return entry;
};

/** What keeps its operation from being sent leaves the entry of a card that nobody opened. */
const madeAhead = (access: Access): Access => ({
  ...access,
  details: { ...access.details, ahead: true },
});

const hasCvc = (vault: VaultParts, { scope, cvcFor }: Opening): boolean =>
  cvcFor !== undefined && vault.cvcs.has(cvcName(scope, cvcFor));

const expectedOpening = (vault: VaultParts, input: Opening): Access =>
  openingOf(input, hasCvc(vault, input));

export const expectCard = (
  vault: VaultParts,
  caller: Caller,
  { entry, ...input }: Opening & { readonly entry?: OpeningEntry },
): ExpectedCard => {
  const isNoted = isEntryOf(vault, input, entry);
  const access = expectedOpening(vault, input);
  const audited = (isNoted ? loadNoted : loadAudited)(vault, caller, access);
  // Whoever opens the card hears of it; if nobody does, nobody has to.
  audited.catch(() => {});
  const expected: ExpectedCard = Object.freeze({});
  vault.expected.set(expected, { ...input, audited, deletions: vault.deletions.count });
  return expected;
};

/** Only for what it was said of, and once; and not where a card was deleted since: it may be this one. */
const expectedOf = (
  vault: VaultParts,
  input: Opening & { readonly expected?: ExpectedCard },
): Promise<CardWithKey | null> | undefined => {
  const { expected } = input;
  const known = expected && vault.expected.get(expected);
  if (known === undefined) return undefined;
  vault.expected.delete(expected as ExpectedCard);
  const isIt = isSame(known, input) && known.deletions === vault.deletions.count;
  return isIt ? known.audited : undefined;
};

/**
 * Each once: who opens a second time makes a second entry. Nobody's word is taken for its being durable, and one that says
 * nothing of a security code that is there by now says too little.
 */
const isEntryOf = (vault: VaultParts, input: Opening, entry: OpeningEntry | undefined): boolean => {
  const given = entry && vault.entries.get(entry);
  if (given === undefined) return false;
  vault.entries.delete(entry as OpeningEntry);
  return given.isDurable && isSame(given.opening, input) && (given.hasCvc || !hasCvc(vault, input));
};

const isSame = (one: Opening, other: Opening): boolean =>
  one.card === other.card &&
  one.operation === other.operation &&
  one.cvcFor === other.cvcFor &&
  one.scope.accountId === other.scope.accountId &&
  one.scope.livemode === other.scope.livemode;

const openingOf = ({ scope, card, operation }: Opening, hasCvc: boolean): Access => ({
  scope,
  card,
  action: 'vault.card.open',
  details: { operation, cvc: hasCvc },
});

export const riskFingerprints = async (
  vault: VaultParts,
  caller: Caller,
  input: { readonly scope: Scope; readonly card: Uuid },
): Promise<{ readonly ok: true; readonly fingerprints: readonly string[] } | CardGone> => {
  const keys = await vault.sharedKeys.versions('risk');
  const card = await openAudited(vault, caller, {
    ...input,
    action: 'vault.card.risk_fingerprint',
  });
  if (card === null) return gone;
  const fingerprints = riskFingerprintsOf(input.scope, keys, card.number);
  card.wipe();
  return { ok: true, fingerprints };
};

type Access = {
  readonly scope: Scope;
  readonly card: Uuid;
  readonly action: string;
  readonly details?: Readonly<Record<string, unknown>>;
};

/** The entry in the audit log is durable before a byte is clear; a failed attempt has one too. */
const loadAudited = async (
  vault: VaultParts,
  caller: Caller,
  access: Access,
): Promise<CardWithKey | null> => {
  const found = await loadNoted(vault, caller, access);
  if (found === null) return null;
  await vault.context.database.commit(access.scope, [auditOf(vault, caller, access)]);
  return found;
};

/** The same where its entry is there already. */
const loadNoted = async (
  vault: VaultParts,
  caller: Caller,
  access: Access,
): Promise<CardWithKey | null> => {
  const found = await loadWithKey(vault, access.scope, access.card);
  if (found === null) await noteFailure(vault, caller, access, 'card_gone');
  return found;
};

const openAudited = async (
  vault: VaultParts,
  caller: Caller,
  access: Access,
  expected?: Promise<CardWithKey | null>,
): Promise<OpenedCard | null> => {
  const { scope } = access;
  const found = await (expected ?? loadAudited(vault, caller, access));
  if (found === null) return null;
  const { row, dataKey } = found;
  try {
    if (row.data_key_retired) await moveToCurrentKey(vault, scope, found);
    await noteUse(vault, scope, row);
    return openCardBytes(scope, dataKey, row);
  } catch (error) {
    await reportTampering(vault, caller, access, error);
    throw error;
  }
};

/** By the day. Of several who note it at once one does, and the others have nothing to add. */
const noteUse = async (vault: VaultParts, scope: Scope, row: CardRow): Promise<void> => {
  const nowMs = vault.context.clock.now();
  if (nowMs - row.used_at < DAY_MS) return;
  await vault.context.database.commit(scope, [touchCard(scope, row.id, nowMs)]);
};

export type CardWithKey = { readonly row: CardRow; readonly dataKey: KeyObject };

const loadWithKey = async (
  vault: VaultParts,
  scope: Scope,
  card: Uuid,
): Promise<CardWithKey | null> => {
  const row = await loadCard(vault.context, scope, card);
  return row === undefined ? null : withKey(vault, scope, row);
};

export const withKey = async (
  vault: VaultParts,
  scope: Scope,
  row: CardRow,
): Promise<CardWithKey> => {
  const { data_key_id: id, data_key_key_id: key_id, data_key_sealed: sealed } = row;
  return { row, dataKey: await vault.dataKeys.open(scope, { id, key_id, sealed }) };
};

/** True when the card is under the current key by what was done here. Whoever loses has nothing to do. */
export const moveToCurrentKey = async (
  vault: VaultParts,
  scope: Scope,
  { row, dataKey }: CardWithKey,
): Promise<boolean> => {
  const to = await vault.dataKeys.current(scope);
  if (to.id === row.data_key_id) {
    // This process had not heard of the rotation.
    vault.dataKeys.forgetCurrent(scope);
    return false;
  }
  const next = rewrapCardKey(vault.context.random, scope, dataKey, to, row);
  try {
    const outcome = await vault.context.database.commit(scope, [replaceCardKey(scope, row, next)]);
    return outcome.ok;
  } catch (error) {
    if (!isGoneDataKey(error)) throw error;
    vault.dataKeys.forgetCurrent(scope);
    return false;
  }
};

const auditOf = (
  vault: VaultParts,
  caller: Caller,
  { scope, action, card, details = {} }: Access,
  failure?: string,
): Write =>
  auditEntry(
    { ...vault.context, actor: caller.actor },
    {
      scope,
      action,
      target: card,
      succeeded: failure === undefined,
      details: failure === undefined ? details : { ...details, failure },
    },
  );

const noteFailure = async (
  vault: VaultParts,
  caller: Caller,
  access: Access,
  failure: string,
): Promise<void> => {
  await vault.context.database.commit(access.scope, [auditOf(vault, caller, access, failure)]);
};

const reportTampering = async (
  vault: VaultParts,
  caller: Caller,
  access: Access,
  error: unknown,
): Promise<void> => {
  if (!(error instanceof Tampered)) return;
  vault.context.log.error(
    { error, accountId: access.scope.accountId, operation: access.action },
    'A sealed card was changed or moved',
  );
  await noteFailure(vault, caller, access, 'tampered');
};

const EXPIRY_TRIES_MAX = 5;

/** All of the card is sealed anew under a new key of its own: an older expiry put back does not open. */
export const changeExpiry = async (
  vault: VaultParts,
  caller: Caller,
  input: { readonly scope: Scope; readonly card: Uuid; readonly expiry: Expiry },
): Promise<{ readonly ok: true } | CardGone> => {
  const { context } = vault;
  const { scope } = input;
  const access = { scope, card: input.card, action: 'vault.card.change_expiry' };
  for (let attempt = 1; attempt <= EXPIRY_TRIES_MAX; attempt += 1) {
    const found = await loadWithKey(vault, scope, input.card);
    if (found === null) return gone;
    const dataKey = await vault.dataKeys.current(scope);
    const card = openCardBytes(scope, found.dataKey, found.row);
    const { expMonth, expYear } = input.expiry;
    const details = { ...card.details, expMonth, expYear };
    const sealed = sealCardBytes(context, scope, dataKey, {
      id: input.card,
      number: card.number,
      details,
    });
    card.wipe();
    const writes = [...resealCard(scope, found.row, sealed), auditOf(vault, caller, access)];
    try {
      if ((await context.database.commit(scope, writes)).ok) return { ok: true };
    } catch (error) {
      if (!isGoneDataKey(error)) throw error;
      vault.dataKeys.forgetCurrent(scope);
    }
  }
  throw new VaultUnavailable('The expiry could not be changed: others keep changing the card.');
};

export const deleteCard = async (
  vault: VaultParts,
  caller: Caller,
  input: { readonly scope: Scope; readonly card: Uuid; readonly why: string },
): Promise<boolean> => {
  const { scope, card, why } = input;
  const access: Access = { scope, card, action: 'vault.card.delete', details: { why } };
  const outcome = await vault.context.database.commit(scope, [
    removeCard(scope, card),
    auditOf(vault, caller, access),
  ]);
  if (outcome.ok) vault.deletions.count += 1;
  else await noteFailure(vault, caller, access, 'card_gone');
  return outcome.ok;
};

/** Only while it is still unused: whoever used it since it was found wanting keeps it. */
export const deleteUnusedCard = async (
  vault: VaultParts,
  caller: Caller,
  input: { readonly scope: Scope; readonly card: Uuid; readonly unusedSince: string },
): Promise<boolean> => {
  const { scope, card, unusedSince } = input;
  const details = { why: 'retention' };
  const outcome = await vault.context.database.commit(scope, [
    removeUnusedCard(scope, card, unusedSince),
    auditOf(vault, caller, { scope, card, action: 'vault.card.delete', details }),
  ]);
  if (outcome.ok) vault.deletions.count += 1;
  return outcome.ok;
};
