// What webhooks say becomes evidence. One that names nothing we know waits: it may have come before the
// answer of the very call it speaks of. It never makes anything, and after days it waits for a person too.

import { type Context, onRealTime, type Scope } from '#kit/context';
import { open } from '#kit/crypto';
import { levelOf, Unavailable, Unclear } from '#kit/failure';
import { NotSent } from '#kit/http-client';
import { spellId, type Uuid } from '#kit/ids';
import { beginningOf } from '#platform/http';
import {
  type Echo,
  loadByProviderId,
  loadByReference,
  type Operation,
  recordEvidence,
} from '#rails/operations';
import type { Said } from './connector.ts';
import {
  endTry,
  giveWebhookToPerson,
  type InboundWebhook,
  leaseInbound,
  loadInbound,
  type UnknownSaid,
} from './inbound.store.ts';
import type { Parts } from './parts.ts';
import { openAccount } from './port.ts';
import { boundTo, unpacked } from './receive-webhook.ts';
import { listenersWrites } from './send.ts';

const AT_ONCE = 50;
const LEASE_MS = 60_000;
const RETRY_MS = 2_000;
const RETRY_MS_MAX = 60 * 60_000;
/** Providers repeat theirs for three days. */
const FOR_PERSON_AFTER_MS = 3 * 24 * 60 * 60_000;

const NAME_MAX = 200;

/** Of what a provider said and nobody knew, to people. */
export const INBOUND_WEBHOOK = 'inw';

/** One round of the worker; says how many it looked at. */
export const learnFromWebhooks = async (parts: Parts, house: Context): Promise<number> => {
  const context = onRealTime(house);
  const leased = await context.database.system((tx) =>
    leaseInbound(tx, { nowMs: context.clock.now(), atMost: AT_ONCE, leaseMs: LEASE_MS }),
  );
  await Promise.all(
    leased.map(async ({ scope, id }) => {
      try {
        await learnFrom(parts, context, scope, id);
      } catch (error) {
        // Its lease ends by time, and it is looked at again.
        context.log[levelOf(error)]({ error }, 'A webhook could not be looked at for now');
      }
    }),
  );
  return leased.length;
};

const learnFrom = async (parts: Parts, context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const webhook = await loadInbound(context, scope, id);
  if (webhook === undefined) return;
  const heard = await hear(parts, context, scope, webhook);
  if (heard === 'account_gone') {
    context.log.warn(
      { accountId: scope.accountId, livemode: scope.livemode },
      'A webhook of an account at a provider that was deleted is given up',
    );
    await context.database.commit(scope, [endTry(scope, webhook, 'given_up', null)]);
  } else if (heard !== 'unreadable' && heard.length === 0) {
    await context.database.commit(scope, [endTry(scope, webhook, 'understood', null)]);
  } else {
    await waitLonger(context, scope, webhook, heard);
  }
};

/**
 * What of it nobody knows. What it is about may be open: where nothing but this webhook is at fault it is tried as
 * one that came too early.
 */
const hear = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  webhook: InboundWebhook,
): Promise<readonly UnknownSaid[] | 'unreadable' | 'account_gone'> => {
  let said: readonly Said[] | null = null;
  try {
    said = await readAgain(parts, context, scope, webhook);
    const heard = await Promise.all(
      said.map((each, n) => record(parts, context, scope, webhook, each, n)),
    );
    return said.filter((_, n) => heard[n] === false).map(unknownSaid);
  } catch (error) {
    // It may have been recorded, or can be soon: that tells nothing of the webhook.
    if (error instanceof Unavailable || error instanceof Unclear) throw error;
    if (said === null && error instanceof NotSent && error.why === 'account_gone')
      return 'account_gone';
    if (!webhook.isForPerson) {
      context.log.error(
        {
          accountId: scope.accountId,
          livemode: scope.livemode,
          error,
          attempts: webhook.tries + 1,
        },
        'A webhook could not be understood for now',
      );
    }
    // What was read and could not be recorded is our own fault: a person is shown what it says.
    return said?.map(unknownSaid) ?? 'unreadable';
  }
};

const UNREADABLE = 'A webhook could not be understood for days';
const UNKNOWN = 'A webhook speaks of something that nobody here knows, and has for days';

/** Nobody knows yet what it is about, and after days a person is told: money may have moved. */
const waitLonger = async (
  context: Context,
  scope: Scope,
  webhook: InboundWebhook,
  heard: readonly UnknownSaid[] | 'unreadable',
): Promise<void> => {
  const nowMs = context.clock.now();
  const isOld = nowMs - webhook.receivedAtMs >= FOR_PERSON_AFTER_MS;
  if (isOld && !webhook.isForPerson) {
    context.log.error(
      {
        accountId: scope.accountId,
        livemode: scope.livemode,
        problem: spellId(INBOUND_WEBHOOK, webhook.id),
      },
      `${heard === 'unreadable' ? UNREADABLE : UNKNOWN}: see tollgate operations list`,
    );
  }
  const waitMs = Math.min(RETRY_MS * 2 ** Math.min(webhook.tries, 12), RETRY_MS_MAX);
  await context.database.commit(scope, [
    endTry(scope, webhook, 'waiting', nowMs + waitMs),
    ...(isOld && !(webhook.isForPerson && heard === 'unreadable')
      ? [giveWebhookToPerson(scope, { id: webhook.id, told: heard === 'unreadable' ? [] : heard })]
      : []),
  ]);
};

const unknownSaid = ({ of, says }: Said): UnknownSaid => {
  const { amount, currency }: Partial<Echo> =
    says.outcome === 'unknown' ? {} : (says as Partial<Echo>);
  return {
    // Nothing that a terminal would take for a command, nor what the database would not take for text.
    name: beginningOf(
      ('reference' in of ? of.reference : of.providerId).toWellFormed().replaceAll(/\p{Cc}/gu, ' '),
      NAME_MAX,
    ),
    outcome: says.outcome,
    amount: typeof amount === 'bigint' ? String(amount) : null,
    currency: currency ?? null,
  };
};

const readAgain = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  webhook: InboundWebhook,
): Promise<readonly Said[]> => {
  const opened = await openAccount(parts, context, scope, webhook.connectorAccountId);
  const clear = open(parts.directory.webhookKey, webhook.sealed, boundTo(scope, webhook.id));
  return opened.functions.webhook?.read(unpacked(clear), opened.account) ?? [];
};

/** False when nobody knows what it speaks of. */
const record = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  webhook: InboundWebhook,
  { of, says }: Said,
  n: number,
): Promise<boolean> => {
  const operation = await findOperation(context, scope, webhook.connectorAccountId, of);
  if (operation === undefined) return false;
  const recorded = await recordEvidence(context, scope, {
    operationId: operation.id,
    evidence: { kind: 'webhook', says, sourceKey: `${webhook.eventId}#${n}` },
    writes: listenersWrites(parts, context, scope),
  });
  return recorded.ok;
};

export const findOperation = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  of: Said['of'],
): Promise<Operation | undefined> => {
  const found =
    'reference' in of
      ? await loadByReference(context, scope, connectorAccountId, of.reference)
      : await loadByProviderId(context, scope, connectorAccountId, of.providerId);
  const fitting = found.filter(({ kind }) => of.kind === undefined || of.kind === kind);
  // A host may give a reference twice over the years: the newest is meant.
  return fitting.toSorted((a, b) => (a.id < b.id ? -1 : 1)).at(-1);
};
