// Writes down what an event owes its payer, in the transaction that takes it from the outbox: one row for
// each event and template, however often that is done.

import { findCustomer } from '#cards/customers';
import { loadLook } from '#commerce/checkout';
import { findAccount } from '#identity/accounts';
import type { Context, Scope, Tx } from '#kit/context';
import { newUuid, parseId, uuidMs } from '#kit/ids';
import { CHARGE, receiptUrlOf } from '#payments/charges';
import {
  type EventKinds,
  eventsOf,
  type LoggedEvent,
  type Owed,
  renderEvent,
} from '#platform/events';
import { ApiError } from '#platform/http';
import {
  eventsOfMails,
  hasAddressee,
  mailForEvent,
  overtakenPayment,
  type ToldEvent,
  type WantedMail,
} from './mail-for-event.ts';
import { changesForMails, type NewMail, overtakeMails, oweMails } from './mails.store.ts';
import { loadPreferences } from './preferences.store.ts';
import type { Preferences } from './preferences.ts';
import { numberOfReceipt } from './receipts/receipts.store.ts';
import { localeFor, oneLine, type Sender } from './templates/index.ts';

export const hearEvents = async (
  context: Context,
  tx: Tx,
  kinds: EventKinds,
  owed: readonly Owed[],
): Promise<void> => {
  const wanted = kinds.all.filter(({ type }) => eventsOfMails.includes(type));
  if (wanted.length === 0) return;
  const changes = await changesForMails(
    tx,
    owed,
    wanted.map(({ code }) => code),
  );
  const mails: NewMail[] = [];
  for (const change of changes) {
    const all = eventsOf(kinds, change);
    for (const logged of all) {
      if (!eventsOfMails.includes(logged.kind.type)) continue;
      const mail = await mailOf(context, tx, logged, all);
      if (mail !== null) mails.push(mail);
    }
  }
  if (mails.length > 0) await oweMails(tx, mails);
};

const mailOf = async (
  context: Context,
  tx: Tx,
  { id: eventId, kind, change }: LoggedEvent,
  all: readonly LoggedEvent[],
): Promise<NewMail | null> => {
  const { data } = renderEvent({ id: eventId, kind, change });
  const scope = { accountId: change.account_id, livemode: change.livemode };
  const event: ToldEvent = {
    type: kind.type,
    atMs: uuidMs(change.id),
    livemode: change.livemode,
    object: data.object,
    beside: (type) => {
      const other = all.find((each) => each.kind.type === type);
      return other === undefined ? null : renderEvent(other).data.object;
    },
  };
  if (!hasAddressee(event)) return null;
  const payment = overtakenPayment(event);
  const wasInDoubt = payment !== null && (await overtakeMails(tx, scope, payment));

  const { preferences } = await loadPreferences(context, scope);
  const wanted = mailForEvent(event, wasInDoubt, preferences);
  if (wanted === null) return null;
  return {
    scope,
    id: newUuid(context),
    eventId,
    letter: wanted.letter({
      sender: await senderOf(context, scope, preferences),
      preferences,
      wasInDoubt,
      receipt: await receiptOf(context, tx, scope, wanted),
    }),
    locale: localeFor([
      wanted.locale,
      ...(await localesOf(context, scope, wanted.customer)),
      preferences.locale,
    ]),
    to: wanted.to,
    about: wanted.about,
    payment: wanted.payment,
    dueAtMs: context.clock.now() + wanted.waitMs,
  };
};

export const senderOf = async (
  context: Context,
  scope: Scope,
  { name, supportEmail, supportUrl }: Preferences,
): Promise<Sender> => {
  // What a merchant says of itself at its pages holds in its mails, unless it says otherwise there.
  const { look } = await loadLook(context, scope);
  const account = name ?? look.name ?? (await findAccount(context, scope))?.name ?? '';
  return {
    name: oneLine(account),
    supportEmail: supportEmail ?? look.supportEmail,
    supportUrl: supportUrl ?? look.supportUrl,
  };
};

const receiptOf = async (context: Context, tx: Tx, scope: Scope, { receiptOf }: WantedMail) => {
  const id = receiptOf === null ? null : parseId(CHARGE, receiptOf);
  if (id === null) return null;
  return {
    number: await numberOfReceipt(tx, scope, id),
    url: receiptUrlOf(context, { scope, chargeId: id }),
  };
};

/** What the customer asked to be spoken to in. One that is gone wishes nothing. */
export const localesOf = async (
  context: Context,
  scope: Scope,
  customer: string | null,
): Promise<readonly string[]> => {
  if (customer === null) return [];
  try {
    return (await findCustomer(context, scope, customer)).preferred_locales;
  } catch (error) {
    if (error instanceof ApiError) return [];
    throw error;
  }
};
