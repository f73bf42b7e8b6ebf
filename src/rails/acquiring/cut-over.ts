// The end of a host's day: our totals are told to the host and compared with its own, one currency after
// the other, each once. A batch and its numbers are stored before anything is sent; who is killed in
// between finds the batch open and asks again under the same numbers. A difference does not stop the day:
// it is kept with both sides, and waits for a person.

import type { Context } from '#kit/context';
import { NotSent } from '#kit/http-client';
import { newUuid } from '#kit/ids';
import { type Message, rrnOf, transmissionTime } from '#kit/iso8583';
import type { Place } from './card-message.ts';
import { type Batch, endBatch, loadCurrencies, openBatch } from './clearing.store.ts';
import { currencyNumber } from './currencies.ts';
import type { Link } from './link.ts';
import { fieldText } from './read-answer.ts';
import { differencesBetween, readTotals, spellTotals, type Totals } from './totals.ts';

export type CutOver = {
  readonly currency: string;
  readonly ours: Totals;
  readonly theirs: Totals;
  readonly differs: readonly (keyof Totals)[];
};

/**
 * Of what moved up to a day of the host. Throws where the host gave no answer: the batch stays open, and
 * the next call goes on with it.
 */
export const cutOver = (
  context: Context,
  link: Link,
  place: Place,
  businessDay: string = new Date(context.clock.now()).toISOString().slice(0, 10),
): Promise<readonly CutOver[]> => {
  const before = underWay.get(link) ?? Promise.resolve();
  const mine = before.then(
    () => cutOverAlone(context, link, place, businessDay),
    () => cutOverAlone(context, link, place, businessDay),
  );
  underWay.set(link, mine);
  return mine;
};

/** Merchants of one institution end their days together; on a link the same question is asked once. */
const underWay = new WeakMap<Link, Promise<unknown>>();

const cutOverAlone = async (
  context: Context,
  link: Link,
  place: Place,
  businessDay: string,
): Promise<readonly CutOver[]> => {
  const { host } = link;
  const currencies = await context.database.system((tx) =>
    loadCurrencies(tx, host, place.acquirer),
  );
  const done: CutOver[] = [];
  for (const currency of currencies) {
    await link.ready(context.clock.now() + link.profile.timing.upMs);
    let batch = await begin(context, link, place, { currency, businessDay });
    if (batch !== null && batch.businessDay < businessDay) {
      // A day before was begun, and never ended.
      done.push(await compare(context, link, batch));
      batch = await begin(context, link, place, { currency, businessDay });
    }
    if (batch !== null) done.push(await compare(context, link, batch));
  }
  return done;
};

const begin = async (
  context: Context,
  { host, traceNumbers }: Link,
  { acquirer, terminal, merchant }: Place,
  of: Pick<Batch, 'currency' | 'businessDay'>,
): Promise<Batch | null> => {
  const [stan, adviceStan] = [await traceNumbers.next(), await traceNumbers.next()];
  const at = new Date(context.clock.now());
  return context.database.system((tx) =>
    openBatch(tx, {
      id: newUuid(context),
      host,
      acquirer,
      ...of,
      stan,
      adviceStan,
      rrn: rrnOf(at, stan),
      transmittedAt: transmissionTime(at),
      terminal,
      merchant,
    }),
  );
};

const compare = async (context: Context, link: Link, batch: Batch): Promise<CutOver> => {
  context.crashPoint('totals.begun');
  const asked = await ask(context, link, totalsMessage('0500', batch));
  const theirs = readTotals(asked.fields) ?? batch.ours;
  const differs = differencesBetween(batch.ours, theirs);
  const isAgreed = fieldText(asked.fields[39]) === '00' && differs.length === 0;
  // An advice closes the day at the host although the totals differ.
  if (!isAgreed) await ask(context, link, totalsMessage('0520', batch));
  context.crashPoint('totals.told');
  await context.database.system((tx) => endBatch(tx, batch.id, theirs, isAgreed));
  context.crashPoint('totals.compared');
  if (!isAgreed) {
    context.log.error(
      { url: batch.host, problem: differs.join(' ') },
      'The totals of an acquirer differ from ours',
    );
  }
  return { currency: batch.currency, ours: batch.ours, theirs, differs };
};

const ask = async (context: Context, link: Link, message: Message): Promise<Message> => {
  const deadlineMs = context.clock.now() + link.profile.timing.networkMs;
  const { answer } = link.ask(message, { deadlineMs, untilMs: deadlineMs });
  const heard = await answer;
  if (heard.heard === 'nothing') throw new Error(`The host did not answer: ${heard.why}`);
  const code = fieldText(heard.message.fields[39]);
  if (code !== '00' && code !== '95') throw new Error(`The host answered ${code ?? 'nothing'}`);
  return heard.message;
};

const totalsMessage = (mti: '0500' | '0520', batch: Batch): Message => {
  const number = currencyNumber(batch.currency);
  if (number === undefined) throw new NotSent('currency_not_taken');
  return {
    mti,
    fields: {
      7: batch.transmittedAt,
      11: mti === '0500' ? batch.stan : batch.adviceStan,
      15: batch.businessDay.replaceAll('-', '').slice(4),
      32: batch.acquirer,
      37: batch.rrn,
      41: batch.terminal.padEnd(8),
      42: batch.merchant.padEnd(15),
      50: number,
      ...spellTotals(batch.ours),
    },
  };
};
