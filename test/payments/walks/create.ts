// A merchant begins a payment: for whom, with which card, for which order.

import { type Card, endingOf } from './cards.ts';
import { type Answer, type Story, type Trying, tried, underTerms } from './model.ts';
import { currencies, drawCardFor, knownOf, RETURN_URL, tryingOf, unitOf } from './plans.ts';
import { increment, regret } from './steps.ts';
import type { Payment, Person, SavedCard, Walk } from './walk.ts';

const blank: Omit<Story, 'amount'> = {
  status: 'requires_payment_method',
  capturable: 0,
  received: 0,
  doing: null,
  updates: 0,
  failures: 0,
  parts: 0,
  sinceMs: 0,
};

/** Who pays, and with what. */
type Paying = {
  readonly card: Card | null;
  readonly person: Person | null;
  readonly method: string | null;
  readonly saved: SavedCard | null;
  readonly keeps: boolean;
  /** It is not theirs, or was given up: nothing may come of it. */
  readonly isForbidden: boolean;
};

const byNobody = (card: Card | null): Paying => ({
  card,
  person: null,
  method: card?.method ?? null,
  saved: null,
  keeps: false,
  isForbidden: false,
});

const drawPaying = (walk: Walk, seller: Payment['seller'], hasCard: boolean): Paying => {
  const { random, people } = walk;
  const card = hasCard ? drawCardFor(seller, random) : null;
  const plain = byNobody(card);
  const theirs = people.filter((each) => each.seller === seller && !each.isDeleted);
  if (theirs.length === 0 || card === null || !random.chance(0.5)) return plain;
  const person = random.pick(theirs);
  const known = knownOf(person);
  if (known.length === 0 || random.chance(0.3)) {
    return { ...plain, person, keeps: random.chance(0.6) };
  }
  const saved = random.pick(known);
  const hasOwner = random.chance(0.9);
  return {
    card: saved.card,
    person: hasOwner ? person : null,
    method: saved.id,
    saved,
    keeps: false,
    isForbidden: saved.state === 'detached' || !hasOwner,
  };
};

export const create = async (walk: Walk): Promise<void> => {
  const { random } = walk;
  const before = random.chance(0.25) ? walk.payments.filter(({ order }) => order !== null) : [];
  const ordered = before.length === 0 ? null : random.pick(before);
  const seller = ordered?.seller ?? random.pick(walk.sellers);
  const { currency, unit } = pickCurrency(walk, ordered);
  const [same] = ordered === null ? [] : walk.now(ordered);
  const amount =
    same !== undefined && currency === ordered?.currency && random.chance(0.5)
      ? same.amount
      : 1_000 + unit * random.below(900);
  const order =
    ordered?.order ?? (random.chance(0.4) ? `${walk.name}-order-${walk.sent.length}` : null);
  await begin(walk, { seller, currency, amount, order, isAgain: ordered !== null });
};

const pickCurrency = ({ random }: Walk, ordered: Payment | null) =>
  ordered === null || random.chance(0.1)
    ? random.pick(currencies)
    : { currency: ordered.currency, unit: unitOf(ordered.currency) };

type Wanted = {
  readonly seller: Payment['seller'];
  readonly currency: string;
  readonly amount: number;
  readonly order: string | null;
  readonly isAgain: boolean;
};

const begin = async (
  walk: Walk,
  { seller, currency, amount, order, isAgain }: Wanted,
): Promise<void> => {
  const { random } = walk;
  const { pick, chance } = random;
  const isManual = chance(0.5);
  const [asksToSplit, asksToRaise] = [isManual && chance(0.6), isManual && chance(0.6)];
  const isAtBank = seller.teller === null;
  const terms = {
    isManual,
    mayBeSplit: asksToSplit && isAtBank,
    mayBeRaised: asksToRaise && isAtBank,
  };
  const confirms = chance(0.85);
  const paying =
    isAgain && confirms
      ? byNobody(drawCardFor(seller, random))
      : drawPaying(walk, seller, confirms || chance(0.6));
  const { card, person, method, saved, keeps, isForbidden } = paying;
  const options = {
    ...(asksToSplit ? { request_multicapture: 'if_available' } : {}),
    ...(asksToRaise ? { request_incremental_authorization: 'if_available' } : {}),
  };
  const isAway = confirms && !isAgain && !keeps && chance(saved === null ? 0.15 : 0.6);
  const data = {
    amount,
    currency,
    capture_method: isManual ? 'manual' : pick(['automatic', 'automatic_async']),
    metadata: { walk: walk.name },
    transfer_group: `${walk.name}-${walk.payments.length % 3}`,
    ...(person === null ? {} : { customer: person.id }),
    ...(method === null ? {} : { payment_method: method }),
    ...(keeps ? { setup_future_usage: 'off_session' } : {}),
    ...(order === null ? {} : { order_reference: order }),
    ...(Object.keys(options).length === 0 ? {} : { payment_method_options: { card: options } }),
    ...(confirms ? { confirm: true, return_url: RETURN_URL } : {}),
    ...(isAway ? { off_session: true } : {}),
  };
  const made: Omit<Payment, 'id'> = {
    seller,
    currency,
    order,
    person,
    keeps,
    saved,
    history: [],
    terms,
    card,
    stories: [{ ...blank, amount, status: card === null ? blank.status : 'requires_confirmation' }],
    refunds: new Map(),
    disputes: new Map(),
    mayComeBack: false,
    goesBack: false,
    charges: [],
    references: [],
  };
  const answer = await walk.post(seller, '/v1/payment_intents', data, { ...made, id: '?' });
  const registered = registeredAs(walk, made, answer, { confirms, isAway });
  if (registered !== null) return regret(walk, registered, answer);
  if (isForbidden) return refused(walk, answer);
  const shown = answer.body?.error?.payment_intent ?? answer.body;
  const payment: Payment = { ...made, id: String(shown?.id) };
  const trying = (): Trying & { isAway: boolean } => ({
    ...tryingOf(walk, payment),
    ...(card === null
      ? {}
      : { ending: endingOf(card, { isKeptAndAway: isAway && saved !== null }) }),
    isAway,
  });
  walk.settle(payment, answer, (story) =>
    confirms ? tried(story, trying()) : [{ http: 200, story }],
  );
  walk.payments.push(payment);
  const isHeld = answer.body?.status === 'requires_capture';
  if (isHeld && terms.mayBeRaised && chance(0.4)) await increment(walk, payment);
  await regret(walk, payment, answer);
};

const refused = (walk: Walk, answer: Answer): void => {
  if (answer.status !== 400)
    walk.disagree(null, `It was paid with what is not theirs: ${answer.text}`);
};

/**
 * An order is registered once, unless its payment is canceled: the one that there is is shown, and paid where that was
 * asked for and nothing of it is under way.
 */
const registeredAs = (
  walk: Walk,
  { order, seller, currency, stories: [wanted], card, saved, terms }: Omit<Payment, 'id'>,
  answer: Answer,
  { confirms, isAway }: { readonly confirms: boolean; readonly isAway: boolean },
): Payment | null => {
  if (order === null) return null;
  const others = walk.payments.filter((each) => each.order === order && each.seller === seller);
  const { status, body } = answer;
  const shown = body?.error?.payment_intent ?? body;
  const known = others.find(({ id }) => id === shown?.id);
  const isRefused = status === 409 && body.error.code === 'order_reference_in_use';
  if (known === undefined) {
    if (isRefused) walk.disagree(null, `An order is another's, which is not shown: ${answer.text}`);
    // It was free: all that had it are canceled. One that was refused for another reason says nothing of that.
    if (status === 200 || status === 402) {
      for (const each of others) {
        const left = walk.now(each).filter((story) => story.status === 'canceled');
        if (left.length === 0) walk.disagree(each, `Its order is registered anew: ${answer.text}`);
        each.stories = left;
      }
    }
    return null;
  }
  const isSame = (story: Story): boolean =>
    story.amount === wanted?.amount && known.currency === currency;
  const isUnpaid = ({ status: of, doing }: Story): boolean =>
    doing === null && (of === 'requires_payment_method' || of === 'requires_confirmation');
  const again = {
    card,
    saved,
    terms: {
      isManual: terms.isManual,
      mayBeSplit: terms.mayBeSplit || known.terms.mayBeSplit,
      mayBeRaised: terms.mayBeRaised || known.terms.mayBeRaised,
    },
  };
  const isTried = confirms && walk.now(known).some((story) => isSame(story) && isUnpaid(story));
  // The one before may still be under way, by its own terms, or be over and tried again by these.
  const before = known.terms;
  walk.settle(known, answer, (story) => {
    if (story.status === 'canceled') return [];
    if (!isSame(story)) return [{ http: 409, code: 'order_reference_in_use', story }];
    return confirms && isUnpaid(story)
      ? tried(story, { ...tryingOf(walk, again), isAway }).map((outcome) => ({
          ...outcome,
          story: underTerms(outcome.story, again.terms),
        }))
      : [{ http: 200, story: underTerms(story, before) }];
  });
  if (isTried && answer.status !== 409) Object.assign(known, again);
  return known;
};
