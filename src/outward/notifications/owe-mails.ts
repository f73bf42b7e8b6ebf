// Writes down what an event owes its payer, in the transaction that takes it from the outbox: one row for
// each event and template, however often that is done.

import { nameAtPage, nameAtSession } from '#commerce/checkout';
import type { Context, Scope, Tx } from '#kit/context';
import { newUuid, parseId, type Uuid, uuidMs } from '#kit/ids';
import { CHARGE, INTENT, receiptUrlOf } from '#payments/charges';
import {
  type EventKinds,
  eventsOf,
  type LoggedEvent,
  type Owed,
  renderEvent,
} from '#platform/events';
import { enqueueWith, type JobPayload } from '#platform/jobs';
import {
  eventsOfMails,
  hasAddressee,
  mailForEvent,
  overtakenPayment,
  type ReceiptAddresses,
  receiptToKeep,
  type ToldEvent,
  type WantedMail,
} from './mail-for-event.ts';
import { changesForMails, type NewMail, overtakeMails, oweMails } from './mails.store.ts';
import { loadPreferences } from './preferences.store.ts';
import { KEEP_RECEIPT_JOB, keepReceiptOf } from './receipts/keep-receipt.ts';
import { pdfSpeaks } from './receipts/receipt-pdf.ts';
import { numberOfReceipt } from './receipts/receipts.store.ts';
import { localesOf, senderOf } from './sender.ts';
import { type Locale, localeFor } from './templates/index.ts';

export const hearEvents = async (
  context: Context,
  tx: Tx,
  kinds: EventKinds,
  owed: readonly Owed[],
): Promise<void> => {
  const wanted = kinds.all.filter(({ type }) => eventsOfMails.includes(type));
  const codes = new Set(wanted.map(({ code }) => code));
  const addressed = owed.filter(
    ({ has_address, kinds: happened }) => has_address && happened.some((code) => codes.has(code)),
  );
  if (addressed.length === 0) return;
  const changes = await changesForMails(tx, addressed, [...codes]);
  const mails: NewMail[] = [];
  const toKeep: { readonly name: string; readonly payload: JobPayload }[] = [];
  for (const change of changes) {
    const all = eventsOf(kinds, change);
    for (const logged of all) {
      if (!eventsOfMails.includes(logged.kind.type)) continue;
      const told = toldOf(logged, all);
      if (!hasAddressee(told)) continue;
      const scope = { accountId: change.account_id, livemode: change.livemode };
      const charge = receiptToKeep(told);
      if (charge !== null) {
        toKeep.push({ name: KEEP_RECEIPT_JOB, payload: keepReceiptOf(scope, charge) });
      }
      const mail = await mailOf(context, tx, { scope, eventId: logged.id, event: told });
      if (mail !== null) mails.push(mail);
    }
  }
  if (mails.length > 0) await oweMails(tx, mails);
  if (toKeep.length > 0) await enqueueWith(context, tx, toKeep);
};

const toldOf = (logged: LoggedEvent, all: readonly LoggedEvent[]): ToldEvent => {
  const { object, previous_attributes: previous = {} } = renderEvent(logged).data;
  return {
    type: logged.kind.type,
    atMs: uuidMs(logged.change.id),
    livemode: logged.change.livemode,
    object,
    previous,
    beside: (type) => {
      const other = all.find((each) => each.kind.type === type);
      return other === undefined ? null : renderEvent(other).data.object;
    },
  };
};

const mailOf = async (
  context: Context,
  tx: Tx,
  {
    scope,
    eventId,
    event,
  }: { readonly scope: Scope; readonly eventId: Uuid; readonly event: ToldEvent },
): Promise<NewMail | null> => {
  const payment = overtakenPayment(event);
  const wasInDoubt = payment !== null && (await overtakeMails(tx, scope, payment));

  const { preferences } = await loadPreferences(context, scope);
  const wanted = mailForEvent(event, wasInDoubt, preferences);
  if (wanted === null) return null;
  const locale = localeFor([
    wanted.locale,
    ...(await localesOf(context, scope, wanted.customer)),
    preferences.locale,
  ]);
  return {
    scope,
    id: newUuid(context),
    eventId,
    letter: wanted.letter({
      sender: await senderOf(context, scope, preferences, await shopOf(context, scope, wanted)),
      preferences,
      wasInDoubt,
      receipt: await addressesOf(context, tx, scope, { ...wanted, locale }),
    }),
    locale,
    to: wanted.to,
    about: wanted.about,
    payment: wanted.payment,
    dueAtMs: context.clock.now() + wanted.waitMs,
  };
};

const shopOf = async (
  context: Context,
  scope: Scope,
  { payment, session }: WantedMail,
): Promise<string | null> => {
  if (session !== undefined) return nameAtSession(context, scope, session);
  const intentId = payment === null ? null : parseId(INTENT, payment);
  return intentId === null ? null : nameAtPage(context, scope, intentId);
};

const addressesOf = async (
  context: Context,
  tx: Tx,
  scope: Scope,
  { receiptOf, locale }: Pick<WantedMail, 'receiptOf'> & { readonly locale: Locale },
): Promise<ReceiptAddresses | null> => {
  const id = receiptOf === null ? null : parseId(CHARGE, receiptOf);
  if (id === null) return null;
  const url = receiptUrlOf(context, { scope, chargeId: id });
  return {
    number: await numberOfReceipt(tx, scope, id),
    url,
    pdfUrl: url !== null && pdfSpeaks(locale) ? `${url}/pdf?lang=${locale}` : null,
  };
};
