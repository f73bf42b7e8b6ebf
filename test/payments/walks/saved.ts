// Customers and the cards that are kept for them: set up, attached, detached, deleted with their customer.

import { setTimeout as pause } from 'node:timers/promises';
import { codeIn, submit, toTheBank, untilBack } from '../../three-ds/support.ts';
import { goodCards, keptCards } from './cards.ts';
import { type SetupStatus, setUpMay, setupMay } from './model-saved.ts';
import { RETURN_URL } from './plans.ts';
import type { Person, SavedCard, Setup, Walk } from './walk.ts';

type ActOfPerson = (walk: Walk, person: Person) => Promise<void>;

const PEOPLE_MAX = 4;

const meet = async (walk: Walk): Promise<void> => {
  const seller = walk.random.pick(walk.sellers.filter(({ teller }) => teller === null));
  const { people, name } = walk;
  const data = {
    name: people.length % 2 === 0 ? 'Jenny' : 'Jim',
    email: `${name}-${people.length}@example.com`,
    metadata: { walk: name, ...(people.length === 1 ? { note: 'n1' } : {}) },
  };
  const { status, body, text } = await walk.post(seller, '/v1/customers', data, null);
  if (status !== 200) walk.disagree(null, `A customer is not made: ${text}`);
  people.push({ id: body.id, seller, isDeleted: false, cards: [], setups: [] });
};

const attach: ActOfPerson = async (walk, person) => {
  const { random } = walk;
  const card = random.pick(keptCards);
  const path = `/v1/payment_methods/${card.method}/attach`;
  const { status, body, text } = await walk.post(
    person.seller,
    path,
    { customer: person.id },
    null,
  );
  const code =
    card.ending.ends === 'declined' && card.isNeverKept === true ? card.ending.code : null;
  const isAllowed = person.isDeleted
    ? status === 400 || status === 404
    : code === null
      ? status === 200 && body.customer === person.id
      : status === 402 && body.error.code === code;
  if (!isAllowed) walk.disagree(null, `${path} for ${person.id}: ${text}`);
  if (status === 200) person.cards.push({ id: body.id, card, state: 'attached' });
};

const setUp: ActOfPerson = async (walk, person) => {
  const { random, town, setups } = walk;
  const [known] = person.cards.filter(({ state }) => state === 'attached');
  const again = known !== undefined && random.chance(0.2) ? known : null;
  const card = again?.card ?? random.pick(keptCards);
  const answer = await walk.post(
    person.seller,
    '/v1/setup_intents',
    {
      customer: person.id,
      payment_method: again?.id ?? card.method,
      confirm: true,
      return_url: RETURN_URL,
    },
    null,
  );
  const { status, body, text } = answer;
  if (person.isDeleted) {
    if (status !== 400) walk.disagree(null, `A setup of ${person.id}, who is deleted: ${text}`);
    return;
  }
  const shown = body?.error?.setup_intent ?? body;
  const isAllowed = setUpMay(card.ending, town.isDisturbed()).some(
    (may) =>
      may.http === status &&
      (may.code === undefined || may.code === body.error?.code) &&
      may.status === shown.status,
  );
  if (!isAllowed) walk.disagree(null, `A setup with ${card.method} of ${person.id}: ${text}`);
  person.setups.push(shown.id);
  const id = shown.payment_method as string | null;
  if (id === null) return;
  const isKept = shown.status === 'succeeded';
  const saved: SavedCard = again ?? { id, card, state: isKept ? 'attached' : 'unsure' };
  if (again === null) person.cards.push(saved);
  setups.push({ id: shown.id, person, saved, status: shown.status });
};

const lookAtSetup = async (walk: Walk, setup: Setup, more: readonly SetupStatus[] = []) => {
  const { person, saved } = setup;
  const { body } = await walk.get(person.seller, `/v1/setup_intents/${setup.id}`, null);
  const may = [...setupMay[setup.status], ...more];
  if (!may.includes(body.status)) {
    walk.disagree(null, `${setup.id} was ${setup.status} and is ${JSON.stringify(body)}`);
  }
  setup.status = body.status;
  if (saved.state !== 'unsure') return body;
  if (setup.status === 'succeeded') saved.state = person.isDeleted ? 'detached' : 'attached';
  if (setup.status === 'requires_payment_method') saved.state = 'unattached';
  return body;
};

/** Its holder answers their bank, or does not agree. */
const answerSetup = async (walk: Walk): Promise<void> => {
  const { town, random } = walk;
  const setup = walk.setups.find(({ status }) => status === 'requires_action');
  if (setup === undefined) return;
  const body = await lookAtSetup(walk, setup);
  const url = body.next_action?.redirect_to_url?.url as string | undefined;
  if (url === undefined || setup.status !== 'requires_action') return;
  // What goes on then is done by a worker.
  await town.work(true);
  const page = await submit(await toTheBank(url), url);
  if (!page.html.includes('one-time code')) return;
  const agrees = random.chance(0.75);
  const given: Record<string, string> = agrees
    ? { code: codeIn(page), do: 'confirm' }
    : { do: 'cancel' };
  const acs = `http://127.0.0.1:${town.bank.ports.threeDs}/`;
  const back = await submit(await submit(page, acs, given), acs);
  await untilBack(back, `http://127.0.0.1:${town.gateway.port}`);
  for (let tries = 0; tries < 400 && setup.status === 'requires_action'; tries += 1) {
    await lookAtSetup(walk, setup, agrees ? ['succeeded', 'processing'] : []);
    await pause(25);
  }
  if (setup.status === 'requires_action')
    walk.disagree(null, `${setup.id} is asked, and was answered`);
  const mayFail =
    !agrees || town.isDisturbed() || setup.person.isDeleted || setup.saved.state !== 'unsure';
  if (setup.status === 'requires_payment_method' && !mayFail && setup.saved.state === 'unsure') {
    walk.disagree(null, `${setup.id} failed although its holder agreed`);
  }
};

const detach: ActOfPerson = async (walk, person) => {
  const saved = walk.random.pick(person.cards.filter(({ state }) => state !== 'unsure'));
  if (saved === undefined) return;
  const path = `/v1/payment_methods/${saved.id}/detach`;
  const { status, text } = await walk.post(person.seller, path, {}, null);
  if (status !== (saved.state === 'attached' ? 200 : 400)) {
    walk.disagree(null, `${saved.id}, which is ${saved.state}, is detached: ${text}`);
  }
  if (saved.state === 'attached') saved.state = 'detached';
};

const leave: ActOfPerson = async (walk, person) => {
  const { seller, id } = person;
  const { status, text } = await walk.town.gateway.ask('DELETE', `/v1/customers/${id}`, {
    key: seller.key,
  });
  if (status !== (person.isDeleted ? 404 : 200)) walk.disagree(null, `DELETE ${id}: ${text}`);
  person.isDeleted = true;
  for (const saved of person.cards) if (saved.state === 'attached') saved.state = 'detached';
};

/** With what the payments are paid that keep it. */
const noteKept = async (walk: Walk, person: Person): Promise<void> => {
  const { cards, seller } = person;
  for (const payment of walk.payments.filter((each) => each.keeps && each.person === person)) {
    const { body } = await walk.get(seller, `/v1/payment_intents/${payment.id}`, payment);
    const { payment_method: id } = body;
    const { card } = payment;
    if (id === null || card === null || cards.some((saved) => saved.id === id)) continue;
    cards.push({ id, card, state: 'unsure', by: payment });
  }
};

/** Paid is kept; of what nobody knows yet nothing is said. */
const becomeSure = async (walk: Walk, { seller, isDeleted, id }: Person, saved: SavedCard) => {
  const { by } = saved;
  if (saved.state !== 'unsure' || by === undefined) return;
  const { body: intent } = await walk.get(seller, `/v1/payment_intents/${by.id}`, by);
  const isPaid = intent.status === 'succeeded' || intent.status === 'requires_capture';
  const isEnded = isPaid || ['canceled', 'requires_payment_method'].includes(intent.status);
  const isTried = intent.payment_method === saved.id;
  if (isTried && !isEnded) return;
  const { body } = await walk.get(seller, `/v1/payment_methods/${saved.id}`, by);
  // A network that stood in for its bank took one that may not be kept.
  const mayNotBeKept = saved.card.ending.ends === 'declined';
  if (isTried && isPaid && !isDeleted && !mayNotBeKept && body.customer !== id) {
    walk.disagree(by, `It is paid, and its card is not kept: ${JSON.stringify(body)}`);
  }
  if (body.customer !== null && (body.customer !== id || !isTried)) {
    walk.disagree(by, `A card is kept that did not pay: ${JSON.stringify(body)}`);
  }
  saved.state = body.customer === id ? 'attached' : isDeleted ? 'detached' : 'unattached';
};

/** What the lists say is what is kept. */
const lookAtCards: ActOfPerson = async (walk, person) => {
  const { seller, id, cards } = person;
  for (const setup of walk.setups.filter((each) => each.person === person))
    await lookAtSetup(walk, setup);
  await noteKept(walk, person);
  for (const saved of cards) await becomeSure(walk, person, saved);
  const { body: shown } = await walk.get(seller, `/v1/customers/${id}`, null);
  if ((shown.deleted === true) !== person.isDeleted) walk.disagree(null, JSON.stringify(shown));
  if (person.isDeleted) {
    for (const saved of cards) {
      const { body } = await walk.get(seller, `/v1/payment_methods/${saved.id}`, null);
      if (body.customer !== null) walk.disagree(null, `Kept for nobody: ${JSON.stringify(body)}`);
    }
    return;
  }
  for (const path of [
    `/v1/customers/${id}/payment_methods?`,
    `/v1/payment_methods?customer=${id}&`,
  ]) {
    const { body } = await walk.get(seller, `${path}limit=100`, null);
    const listed = new Set((body.data as { id: string }[]).map((each) => each.id));
    const wrong = cards.find(({ id: card, state }) =>
      state === 'unsure' ? false : listed.has(card) !== (state === 'attached'),
    );
    if (wrong !== undefined) {
      walk.disagree(
        null,
        `${wrong.id}, ${wrong.state}, in ${path}: ${JSON.stringify([...listed])}`,
      );
    }
    const stray = [...listed].find((each) => !cards.some((saved) => saved.id === each));
    if (stray !== undefined) walk.disagree(null, `${stray} is listed by ${path}`);
  }
};

const actsOfPeople: readonly (readonly [weight: number, act: ActOfPerson])[] = [
  [4, attach],
  [6, setUp],
  [2, answerSetup],
  [3, detach],
  [1, leave],
  [4, lookAtCards],
];
const WEIGHT = actsOfPeople.reduce((sum, [weight]) => sum + weight, 0);

export const careForCards = async (walk: Walk): Promise<void> => {
  const { random, people } = walk;
  if (people.length === 0 || (people.length < PEOPLE_MAX && random.chance(0.15))) return meet(walk);
  const person = random.pick(people);
  let at = random.next() * WEIGHT;
  for (const [weight, act] of actsOfPeople) {
    at -= weight;
    if (at < 0) return act(walk, person);
  }
};

/** When nothing is open any more. */
export const judgePeople = async (walk: Walk): Promise<void> => {
  for (const setup of walk.setups) {
    await lookAtSetup(walk, setup);
    // A question that nobody answers is over after ten minutes.
    for (let tries = 0; tries < 400 && setup.status === 'requires_action'; tries += 1) {
      if (tries % 100 === 0) await walk.town.goBy(11 * 60_000);
      await pause(25);
      await lookAtSetup(walk, setup);
    }
    if (!['succeeded', 'requires_payment_method'].includes(setup.status)) {
      walk.disagree(null, `${setup.id} stays ${setup.status}`);
    }
  }
  for (const person of walk.people) await lookAtCards(walk, person);
  // And again when one of them leaves who has something to pay with.
  const leaving = walk.people.find(({ isDeleted }) => !isDeleted);
  if (leaving === undefined) return;
  const { id: customer, seller, cards } = leaving;
  const card = walk.random.pick(goodCards);
  const path = `/v1/payment_methods/${card.method}/attach`;
  const { status, body, text } = await walk.post(seller, path, { customer }, null);
  if (status !== 200) walk.disagree(null, `${path} for ${customer}: ${text}`);
  cards.push({ id: body.id, card, state: 'attached' });
  await leave(walk, leaving);
  await lookAtCards(walk, leaving);
};
