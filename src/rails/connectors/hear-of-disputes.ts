// Reads the feeds in which providers tell of disputes, and lets the modules hear what they say. A page is
// stored with the cursor behind it; each notice then takes effect once, in the transaction of what follows.

import type { Context, Scope, Write } from '#kit/context';
import { NotSent } from '#kit/http-client';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { DoesNotCount, isLeased, recordEvidence } from '#rails/operations';
import type { Said } from './connector.ts';
import { withReader } from './dispute-calls.ts';
import { type DisputeFeed, leaseFeeds, loadFeed, moveFeed } from './dispute-feeds.store.ts';
import { isOpening } from './dispute-notice.ts';
import {
  endNotice,
  giveNoticeToPerson,
  insertNotice,
  leaseNotices,
  loadDisputeNotices,
  loadNotice,
  type StoredNotice,
} from './dispute-notices.store.ts';
import { eachLeased } from './each-leased.ts';
import { findOperation } from './learn-from-webhooks.ts';
import type { Parts } from './parts.ts';
import type { SaidByDispute } from './rails.ts';
import { listenersWrites } from './send.ts';

/** Disputes are answered within weeks: that often is soon enough, and asks little of a provider. */
const POLL_MS = 10_000;
const QUIET_MS = 10 * 60_000;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 60 * 60_000;
const FOR_PERSON_AFTER_MS = 3 * 24 * 60 * 60_000;

export const DISPUTE_NOTICE = 'dsn';

/** One round of the worker; says how much it looked at. */
export const hearOfDisputes = async (parts: Parts, context: Context): Promise<number> =>
  (await eachLeased(
    context,
    leaseFeeds,
    (scope, id) => readFeed(parts, context, scope, id),
    COULD_NOT,
  )) +
  (await eachLeased(
    context,
    leaseNotices,
    (scope, id) => hear(parts, context, scope, id),
    COULD_NOT,
  ));

const COULD_NOT = 'What a provider tells of disputes could not be taken for now';

const readFeed = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const feed = await loadFeed(context, scope, id);
  if (feed === undefined) return;
  const nowMs = context.clock.now();
  const next = (changes: Partial<DisputeFeed>): DisputeFeed => ({
    ...feed,
    version: feed.version + 1,
    failures: 0,
    dueAtMs: nowMs + POLL_MS,
    ...changes,
  });
  try {
    const page = await withReader(parts, context, scope, id, (reader, call) =>
      reader.poll(call, feed.cursor),
    );
    if (page === null) {
      await context.database.commit(scope, [moveFeed(scope, next({ dueAtMs: nowMs + QUIET_MS }))]);
      return;
    }
    const { notices, cursor, hasMore } = page;
    await context.database.commit(scope, [
      moveFeed(
        scope,
        next({
          cursor,
          taken: feed.taken + BigInt(notices.length),
          dueAtMs: hasMore ? nowMs : nowMs + POLL_MS,
        }),
      ),
      ...notices.map((notice, n) =>
        insertNotice(scope, {
          id: newUuid(context),
          connectorAccountId: id,
          position: feed.taken + BigInt(n),
          notice,
          receivedAtMs: nowMs,
        }),
      ),
    ]);
  } catch (error) {
    const isGone = error instanceof NotSent && error.why === 'account_gone';
    const failures = feed.failures + 1;
    context.log.warn({ error }, 'A feed of disputes could not be read');
    const waitMs = isGone
      ? RETRY_MS_MAX
      : Math.min(RETRY_MS * 2 ** Math.min(failures, 9), QUIET_MS);
    await context.database.commit(scope, [
      moveFeed(scope, next({ failures, dueAtMs: nowMs + waitMs })),
    ]);
  }
};

/** Says whether it was taken. */
const hear = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<boolean> => {
  const stored = await loadNotice(context, scope, id);
  if (stored === undefined) return false;
  const { notice, connectorAccountId } = stored;
  if (notice.kind === 'operation') {
    const isKnown = await record(parts, context, scope, stored, notice.said);
    if (isKnown) return take(context, scope, stored, []);
    await waitLonger(context, scope, stored);
    return false;
  }
  const heard = await Promise.all(
    parts.disputeListeners.map((listener) =>
      listener(context, scope, { connectorAccountId, notice }),
    ),
  );
  const said = heard.find(isSaid);
  if (said !== undefined) {
    if (await learn(parts, context, scope, said)) return hear(parts, context, scope, id);
    await waitLonger(context, scope, stored);
    return false;
  }
  const writes = heard.filter((each): each is readonly Write[] => each !== null && !isSaid(each));
  if (writes.length > 0) return take(context, scope, stored, writes.flat());
  if (await hearOpening(parts, context, scope, stored)) await hearAgain(context, scope, stored);
  else await waitLonger(context, scope, stored);
  return false;
};

/**
 * What stands first of a dispute that nobody knows keeps all that was told of it waiting. Where a provider told its opening
 * after that, the opening is heard first.
 */
const hearOpening = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  { notice, connectorAccountId }: StoredNotice,
): Promise<boolean> => {
  if (notice.kind !== 'dispute' || isOpening(notice.dispute.status)) return false;
  const { providerId } = notice.dispute;
  const told = await loadDisputeNotices(context, scope, { connectorAccountId, providerId });
  const opening = told.find(({ isWaiting, told: { status } }) => isWaiting && isOpening(status));
  return opening !== undefined && hear(parts, context, scope, opening.id);
};

const isSaid = (heard: readonly Write[] | SaidByDispute | null): heard is SaidByDispute =>
  heard !== null && 'says' in heard;

/**
 * Of an operation of which nobody knew what had become. It is learned in a commit of its own, as all evidence is: should
 * this process die before the dispute is heard, the notice still waits. Whoever is asking its provider just now may hear
 * more than the notice says. True: it was approved.
 */
const learn = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  { operationId, says, sourceKey }: SaidByDispute,
): Promise<boolean> => {
  const recorded = await recordEvidence(context, scope, {
    operationId,
    evidence: { kind: 'webhook', says, sourceKey },
    writes: async (change) => {
      if (await isLeased(context, scope, operationId)) throw new DoesNotCount('at_work');
      return listenersWrites(parts, context, scope)(change);
    },
  });
  return recorded.ok && !recorded.repeated && recorded.change.after.state === 'approved';
};

/** Where somebody else changed the same in between, it is heard again with what is true then. */
const take = async (
  context: Context,
  scope: Scope,
  stored: StoredNotice,
  writes: readonly Write[],
): Promise<boolean> => {
  const { ok } = await context.database.commit(scope, [
    endNotice(scope, stored, 'taken', null),
    ...writes,
  ]);
  if (!ok) await hearAgain(context, scope, stored);
  return ok;
};

const hearAgain = (context: Context, scope: Scope, stored: StoredNotice): Promise<unknown> =>
  context.database.commit(scope, [endNotice(scope, stored, 'waiting', context.clock.now())]);

/** Nobody knows yet what it is about, and after days a person is told: money may have moved. A warning moves none. */
const waitLonger = async (context: Context, scope: Scope, stored: StoredNotice): Promise<void> => {
  const nowMs = context.clock.now();
  const { accountId, livemode } = scope;
  const isOld = nowMs - stored.receivedAtMs >= FOR_PERSON_AFTER_MS;
  if (isOld && stored.notice.kind === 'fraud_warning') {
    context.log.warn(
      { accountId, livemode },
      'A provider warns of a payment that nobody here knows, and has for days',
    );
    await context.database.commit(scope, [endNotice(scope, stored, 'given_up', null)]);
    return;
  }
  const isNew = isOld && !stored.isForPerson;
  if (isNew) {
    context.log.error(
      { accountId, livemode, problem: spellId(DISPUTE_NOTICE, stored.id) },
      'A provider tells of a dispute about something that nobody here knows, and has for days: see tollgate disputes list',
    );
  }
  const waitMs = Math.min(RETRY_MS * 2 ** Math.min(stored.tries, 12), RETRY_MS_MAX);
  await context.database.commit(scope, [
    endNotice(scope, stored, 'waiting', nowMs + waitMs),
    ...(isNew ? [giveNoticeToPerson(scope, stored.id)] : []),
  ]);
};

const record = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  { connectorAccountId, notice }: StoredNotice,
  { of, says }: Said,
): Promise<boolean> => {
  const operation = await findOperation(context, scope, connectorAccountId, of);
  if (operation === undefined) return false;
  const recorded = await recordEvidence(context, scope, {
    operationId: operation.id,
    evidence: { kind: 'webhook', says, sourceKey: `dispute feed ${notice.key}` },
    writes: listenersWrites(parts, context, scope),
  });
  return recorded.ok;
};
