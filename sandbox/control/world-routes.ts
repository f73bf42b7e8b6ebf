// What is known of cards, approvals and messages, and the levers of this world: faults, limits, its clock.

import { liveApprovalsOf } from '../books/journal.ts';
import { cardTokenOf } from '../context.ts';
import { type FaultRule, type Faults, faultKinds, parseFaultRules } from '../faults/fault.ts';
import { cardByNumber, testCards } from '../issuer/test-cards.ts';
import { type Behaviour, behaviours } from '../three-ds/authentication.ts';
import { factsAbout, storyOf } from '../world/story.ts';
import {
  type Controlled,
  countOf,
  fieldsOf,
  momentOf,
  ok,
  PAGE_ROWS_MAX,
  type Routes,
  refuse,
} from './controlled.ts';

/** Without how often each was used: to set rules is to begin anew. */
const rulesOf = (faults: Faults): readonly FaultRule[] =>
  faults.list().map((rule) => {
    const { used: _, ...given } = rule;
    return given;
  });

const ADVANCE_MS_MAX = 400 * 86_400_000;

export const worldRoutes = ({
  context: { seed },
  world,
  host,
  faults,
  threeDs,
}: Controlled): Routes => ({
  'GET /accounts': async ({ query }) =>
    ok(
      await world.books.read(
        `select account, currency, balance_minor from sandbox.accounts
         where $1::text is null or account like '%' || $1 order by account, currency limit $2`,
        [query.get('card'), PAGE_ROWS_MAX],
      ),
    ),
  'GET /holds': async ({ query }) =>
    ok(
      await world.books.read(
        `select id, card, merchant, rrn, currency, approved_minor, held_minor, captured_minor
         from sandbox.approvals where state = 'held' and ($1::text is null or card = $1)
         order by id limit $2`,
        [query.get('card'), PAGE_ROWS_MAX],
      ),
    ),
  'GET /journal': ({ query }) => {
    const { lines } = world.journal();
    const [card, reference] = [query.get('card'), query.get('reference')];
    const about = reference === null ? lines : factsAbout(world.state, lines, reference);
    const after = countOf(query, 'after', 0);
    const found = about.filter(({ seq, fact }) => {
      if (seq <= after) return false;
      return card === null || ('request' in fact && fact.request.card === card);
    });
    return ok(found.slice(0, countOf(query, 'limit', PAGE_ROWS_MAX)));
  },
  'GET /journal/live-approvals': () => ok(liveApprovalsOf(world.state)),
  'GET /story/*': ({ params: [reference = ''] }) =>
    ok(storyOf(world.state, world.journal().lines, reference)),
  'GET /messages': ({ query }) => ok(host.wireLog.last(countOf(query, 'limit', 100))),
  'GET /cards': () =>
    ok(
      testCards.map(({ number, ...card }) => ({
        card: cardTokenOf(seed, number),
        last4: number.slice(-4),
        ...card,
      })),
    ),
  'GET /faults': () => ok({ kinds: faultKinds, rules: faults.list() }),
  'PUT /faults': ({ body }) => {
    const parsed = parseFaultRules(body);
    if (!parsed.ok) return refuse(400, parsed.reason);
    faults.set(parsed.rules);
    return ok(faults.list());
  },
  'POST /faults': ({ body }) => {
    const parsed = parseFaultRules([body]);
    if (!parsed.ok) return refuse(400, parsed.reason);
    const known = rulesOf(faults);
    const others = known.filter(({ id }) => id !== parsed.rules[0]?.id);
    faults.set([...others, ...parsed.rules]);
    return ok(faults.list());
  },
  'DELETE /faults/*': ({ params: [gone = ''] }) => {
    const known = rulesOf(faults);
    if (!known.some(({ id }) => id === gone)) return refuse(404, 'There is no such rule.');
    faults.set(known.filter(({ id }) => id !== gone));
    return ok(faults.list());
  },
  'PUT /limits': async ({ body }) => {
    const parsed = limitsOf(body);
    if (parsed === undefined) {
      return refuse(400, '`number` of a test card, and `amount_minor` or `count_per_day`.');
    }
    const { number, ...limits } = parsed;
    const card = cardTokenOf(seed, number);
    await world.note({ fact: 'limits_set', card, ...limits });
    return ok({ card });
  },
  'GET /authentications': () => ok([...world.state.authentications.values()].slice(-PAGE_ROWS_MAX)),
  'PUT /authentication': ({ body }) => {
    const { number, behaviour } = fieldsOf(body);
    const isKnown = behaviours.includes(behaviour as Behaviour);
    if (typeof number !== 'string' || cardByNumber(number) === undefined || !isKnown) {
      return refuse(400, `\`number\` of a test card, and \`behaviour\`: ${behaviours.join(', ')}.`);
    }
    threeDs.setBehaviour(number, behaviour as Behaviour);
    return ok({ card: cardTokenOf(seed, number), behaviour });
  },
  'GET /clock': () => ok({ now: momentOf(world.now()) }),
  'POST /clock': async ({ body }) => {
    const { advance_ms: byMs } = fieldsOf(body);
    if (typeof byMs !== 'number' || !Number.isSafeInteger(byMs) || byMs < 0) {
      return refuse(400, '`advance_ms` is a whole number of milliseconds; time does not go back.');
    }
    if (byMs > ADVANCE_MS_MAX) return refuse(400, 'The clock moves 400 days at once at the most.');
    await world.note({ fact: 'clock_moved', byMs });
    return ok({ now: momentOf(world.now()) });
  },
});

const limitsOf = (body: unknown) => {
  const { number, amount_minor: amount, count_per_day: count } = fieldsOf(body);
  if (typeof number !== 'string' || cardByNumber(number) === undefined) return undefined;
  const isCount = (value: unknown): value is number | undefined =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
  if (!isCount(amount) || !isCount(count)) return undefined;
  return {
    number,
    amountMinor: amount === undefined ? null : BigInt(amount),
    countPerDay: count ?? null,
  };
};
