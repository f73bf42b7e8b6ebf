// The rails of a process: every connector opened once, the send journal, the gates, and the resolver.

import {
  type Context,
  inTime,
  onRealTime,
  readAhead,
  type Scope,
  type Tx,
  type Write,
} from '#kit/context';
import {
  createGates,
  createOutgoing,
  createResolver,
  findForgottenSends,
  type GateSettings,
  loadLockedIntents,
  noteForgotten,
  openSendJournal,
  providerKeysFrom,
  type Resolver,
  type ResolverSettings,
  type SentLine,
  usualAt,
  usualGates,
} from '#rails/operations';
import { loadEnabled } from './accounts.store.ts';
import { abandonNow, askNow } from './ask-now.ts';
import { canDo, inOrder } from './candidates.ts';
import type { Directory } from './directory.ts';
import { answerDispute } from './dispute-calls.ts';
import type { Exchange } from './exchange.ts';
import { accountOf, remember } from './known-accounts.ts';
import type { Parts } from './parts.ts';
import { openStored } from './port.ts';
import type { Accounts, DisputeListener, Enabled, OperationListener, Rails } from './rails.ts';
import { recoveryFor } from './recovery.ts';
import { listenersWrites, send } from './send.ts';

export type OpenRails = Rails & {
  readonly parts: Parts;
  /**
   * Of which calls the database knows nothing: it was restored from an old backup. From then on nothing is sent for
   * what these were made for, by any process. Those that a person has looked at are not among them.
   */
  readonly forgotten: (sinceMs?: number) => Promise<readonly SentLine[]>;
  /** Hears what other processes have found, and what a person has let go. */
  readonly hearOfForgotten: (tx: Tx) => Promise<void>;
  /** Nothing is sent from now on, until what it gives is called. */
  readonly hold: () => () => void;
  readonly createResolver: (
    changes?: Partial<Omit<ResolverSettings, 'outgoing' | 'recoveryOf' | 'writes'>>,
  ) => Resolver;
  close(): Promise<void>;
};

/** What is not heard by then is asked for again by the next process. */
const LATE_LIMIT_MS = 5_000;

export const openRails = async (
  house: Context,
  given: {
    readonly directory: Directory;
    readonly master: Buffer;
    readonly journalFolder: string;
    readonly listeners: readonly OperationListener[];
    readonly disputeListeners?: readonly DisputeListener[];
    readonly gates?: GateSettings;
    /** Shorter than the connectors say, for those who test what happens afterwards. */
    readonly timeoutMsMax?: number;
    readonly isLiveSafe?: () => boolean;
    /** Written with each call that the database has forgotten, as it is noted. */
    readonly answersLost?: (line: SentLine) => readonly Write[];
    /** Hears of every exchange over HTTP, masked. */
    readonly record?: (exchange: Exchange) => void;
  },
): Promise<OpenRails> => {
  // A call to the outside takes the time that it takes: deadlines, windows of providers and what a look-up
  // proves go by the clock that nobody moves.
  const context = onRealTime(house);
  const { directory, journalFolder } = given;
  const journal = await openSendJournal(context, journalFolder);
  const gates = createGates(context, given.gates ?? usualGates);
  const outgoing = createOutgoing({
    journal,
    gates,
    ...(given.isLiveSafe ? { isLiveSafe: given.isLiveSafe } : {}),
  });
  const functions = new Map(
    [...directory.connectors].map(
      ([name, connector]) =>
        [name, connector.open(context, { reachable: (id) => gates.reachable(id) })] as const,
    ),
  );
  const parts: Parts = {
    context,
    clock: house.clock,
    directory,
    functions,
    outgoing,
    providerKeys: providerKeysFrom(given.master),
    listeners: given.listeners,
    disputeListeners: given.disputeListeners ?? [],
    timeoutMsMax: given.timeoutMsMax ?? Number.POSITIVE_INFINITY,
    notes: { pending: new Set(), ...(given.record ? { record: given.record } : {}) },
    forgotten: new Set(),
    asking: new Map(),
    counts: { unverified: new Map() },
  };

  const readEnabled = async (scope: Scope): Promise<Enabled> => {
    const readMs = context.clock.monotonicMs();
    return { stored: await loadEnabled(context, scope), readMs };
  };
  const enabled = (scope: Scope, accounts?: Accounts) =>
    accounts === undefined ? readEnabled(scope) : accounts();

  return {
    parts,
    accounts: (scope) => readAhead(context, () => readEnabled(scope)),
    candidates: async (scope, wanted, accounts) => {
      const { stored, readMs } = await enabled(scope, accounts);
      return inOrder(stored).flatMap((account) => {
        const { id, connector, methods } = account;
        const definition = directory.connectors.get(connector)?.definition;
        if (definition === undefined) return [];
        if (!canDo({ definition, methods, livemode: scope.livemode }, wanted)) return [];
        const { operations } = definition;
        return [remember({ connectorAccountId: id, connector, operations }, account, readMs)];
      });
    },
    offered: async (scope, wanted, accounts) => {
      return new Set(
        (await enabled(scope, accounts)).stored.flatMap(({ connector, methods }) => {
          const definition = directory.connectors.get(connector)?.definition;
          if (definition === undefined) return [];
          const where = { definition, methods, livemode: scope.livemode };
          return definition.methods
            .map(({ type }) => type)
            .filter((method) => canDo(where, { ...wanted, method }));
        }),
      );
    },
    askNow: (caller, scope, id) => askNow(parts, caller, scope, id),
    abandon: (caller, scope, id) => abandonNow(parts, caller, scope, id),
    holderTerms: async (caller, scope, at) => {
      const stored = await accountOf(caller, scope, at);
      const { account, functions: own } = openStored(parts, scope, stored);
      return own.holderTerms?.(account) ?? null;
    },
    exemptionTerms: async (caller, scope, candidate) => {
      const termsOf = functions.get(candidate.connector)?.exemptionTerms;
      if (termsOf === undefined) return null;
      const stored = await accountOf(caller, scope, candidate);
      return termsOf(openStored(parts, scope, stored).account);
    },
    send: (caller, scope, sending) => send(parts, caller, scope, sending),
    answerDispute: (caller, scope, answer) => answerDispute(parts, caller, scope, answer),
    forgotten: async (sinceMs) => {
      const found = await findForgottenSends(context, journalFolder, sinceMs);
      const answers = given.answersLost ?? (() => []);
      const { lines, locked } = await noteForgotten(context, found, answers);
      parts.forgotten = locked;
      return lines;
    },
    hearOfForgotten: async (tx) => {
      const before = parts.forgotten;
      const locked = await loadLockedIntents(tx);
      // What was found here meanwhile may not be among them yet.
      if (parts.forgotten === before) parts.forgotten = locked;
    },
    hold: () => {
      const { takeOvers } = outgoing;
      takeOvers.count += 1;
      takeOvers.areOpen = true;
      const { count } = takeOvers;
      return () => {
        if (takeOvers.count === count) takeOvers.areOpen = false;
      };
    },
    createResolver: (changes = {}) =>
      createResolver(context, {
        usual: (scope, account) => usualAt(context, scope, account),
        ...changes,
        outgoing,
        recoveryOf: (scope, operation) => recoveryFor(parts, context, scope, operation),
        writes: (scope, change) => listenersWrites(parts, context, scope)(change),
      }),
    close: async () => {
      const heard = Promise.all([...outgoing.late, ...parts.notes.pending]);
      await inTime(context, heard, LATE_LIMIT_MS);
      for (const { close } of functions.values()) await close?.();
      await journal.close();
    },
  };
};
