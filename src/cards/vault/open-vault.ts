// The vault in this process.

import type { Context } from '#kit/context';
import { createBrowserKeys } from './browser-keys.ts';
import { createDataKeys } from './data-keys.ts';
import { VaultRefused } from './failures.ts';
import { createHeld } from './held.ts';
import type { KeyProvider } from './key-provider.ts';
import { createKeyRing } from './key-ring.ts';
import { maintain } from './maintain.ts';
import { cvcName, holdCvc, receiveCard, wipeReceived } from './receive-card.ts';
import { rotate } from './rotate.ts';
import { sealCard } from './seal-card.ts';
import { createSetAside } from './set-aside.ts';
import { createSharedKeys } from './shared-keys.ts';
import type { Vault } from './vault.ts';
import {
  defaultVaultSettings,
  type ReceivedCard,
  type VaultParts,
  type VaultSettings,
} from './vault-context.ts';
import {
  changeExpiry,
  deleteCard,
  expectCard,
  openingEntry,
  riskFingerprints,
  withCard,
} from './with-card.ts';

const SWEEP_MS = 10_000;

export const openVault = async (input: {
  /** `database` is a connection as tollgate_vault. */
  readonly context: Pick<Context, 'clock' | 'random' | 'log' | 'database' | 'actor'>;
  /** The first wraps; the others still open what they once wrapped. */
  readonly providers: readonly [KeyProvider, ...KeyProvider[]];
  readonly livemode: boolean;
  readonly settings?: Partial<VaultSettings>;
}): Promise<Vault> => {
  if (input.livemode) await refuseUnsafeKeys(input.providers);

  const { context } = input;
  const settings = { ...defaultVaultSettings, ...input.settings };
  const { keepKeysMs: keepMs, heldMax: most } = settings;
  const keyRing = createKeyRing({ providers: input.providers, clock: context.clock, keepMs });
  const vault: VaultParts = {
    context,
    settings,
    keyRing,
    dataKeys: createDataKeys(context, settings, keyRing),
    sharedKeys: createSharedKeys(context, keyRing),
    browserKeys: createBrowserKeys(context, keyRing),
    received: createHeld<ReceivedCard>({
      clock: context.clock,
      keepMs: settings.keepReceivedMs,
      most,
      wipe: wipeReceived,
    }),
    cvcs: createHeld<Buffer>({
      clock: context.clock,
      keepMs: settings.keepCvcMs,
      most,
      wipe: (cvc) => cvc.fill(0),
    }),
    entries: new WeakMap(),
    expected: new WeakMap(),
    deletions: { count: 0 },
    unreadable: createSetAside(context.clock),
    reported: createSetAside(context.clock),
    testCardOf: testCardFinder(settings.testCards),
  };

  const closing = new AbortController();
  const sweeping = sweep(vault, closing.signal);

  return {
    receiveCard: (caller, what) => receiveCard(vault, caller, what),
    sealCard: (caller, what) => sealCard(vault, caller, what),
    openingEntry: (caller, what) => openingEntry(vault, caller, what),
    expectCard: (caller, what) => expectCard(vault, caller, what),
    withCard: (caller, what, use) => withCard(vault, caller, what, use),
    changeExpiry: (caller, what) => changeExpiry(vault, caller, what),
    deleteCard: (caller, what) => deleteCard(vault, caller, what),
    holdCvc: (caller, what) => holdCvc(vault, caller, what),
    dropCvc: async (_caller, { scope, cvcFor }) => vault.cvcs.drop(cvcName(scope, cvcFor)),
    riskFingerprints: (caller, what) => riskFingerprints(vault, caller, what),
    browserKey: () => vault.browserKeys.today(),
    rotate: (caller, what) => rotate(vault, caller, what),
    maintain: (caller) => maintain(vault, caller),
    close: async () => {
      closing.abort();
      await sweeping;
      vault.received.dropAll();
      vault.cvcs.dropAll();
      keyRing.close();
    },
  };
};

/** Secrets leave memory on time also when nobody calls. */
const sweep = async (vault: VaultParts, signal: AbortSignal): Promise<void> => {
  while (!signal.aborted) {
    await vault.context.clock.sleep(SWEEP_MS, signal);
    vault.received.dropExpired();
    vault.cvcs.dropExpired();
  }
};

const refuseUnsafeKeys = async (providers: readonly KeyProvider[]): Promise<void> => {
  const refusals = (
    await Promise.all(providers.map((provider) => provider.refusalsOfLiveMode()))
  ).flat();
  if (refusals.length > 0) throw new VaultRefused(refusals.join(' '));
};

/** Test numbers are published; only a number that is one of them is ever made text of here. */
const testCardFinder = (
  testCards: ReadonlyMap<string, string>,
): ((number: Buffer) => string | null) => {
  const known = [...testCards].map(([number, name]) => ({ bytes: Buffer.from(number), name }));
  return (number) => known.find(({ bytes }) => bytes.equals(number))?.name ?? null;
};
