// What a payment may be, step by step, from the documentation of the API and not from the code. Where nobody can
// know what became of something, a payment has several stories; whatever is seen of it leaves those that fit.

import assert from 'node:assert/strict';

export type Status =
  | 'requires_payment_method'
  | 'requires_confirmation'
  | 'requires_action'
  | 'processing'
  | 'requires_capture'
  | 'succeeded'
  | 'canceled';

/** What is under way while it is `processing`. */
export type Doing =
  | {
      readonly what: 'payment';
      readonly isCancelWanted: boolean;
      readonly mayAsk: boolean;
      /** Where tries that may be under way are of other terms: whether this one only holds. */
      readonly isManual?: boolean;
    }
  | { readonly what: 'increment'; readonly total: number }
  | { readonly what: 'capture'; readonly amount: number; readonly isFinal: boolean }
  | { readonly what: 'void' };

export type Story = {
  readonly status: Status;
  readonly amount: number;
  readonly capturable: number;
  readonly received: number;
  readonly doing: Doing | null;
  /** What was told of it: how often another amount was held, a try failed, and a part was taken. */
  readonly updates: number;
  readonly failures: number;
  readonly parts: number;
  /** By the walk's clock: since when it is held, or its holder is asked. */
  readonly sinceMs: number;
};

/** What is fixed when it is made, or follows from the card that it is tried with. */
export type Terms = {
  readonly isManual: boolean;
  readonly mayBeSplit: boolean;
  readonly mayBeRaised: boolean;
};

export type Answer = {
  readonly status: number;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a walk reads what it expects
  readonly body: any;
};

/** One answer that may come, and what is then so. No code: whatever it is. */
export type Outcome = {
  readonly http: number;
  readonly code?: string | undefined;
  readonly param?: string;
  readonly story: Story;
};

export const DAY_MS = 86_400_000;
/** An authorization is held for seven days; around its end a minute is nobody's. */
const HOLD_MS = 7 * DAY_MS - 60_000;
/** A holder has some ten minutes to answer their bank. */
const ASKED_MS = 5 * 60_000;

const isOpen = ({ status }: Story): boolean =>
  status === 'requires_payment_method' ||
  status === 'requires_confirmation' ||
  status === 'requires_action';

const settled = (story: Story, changes: Partial<Story>): Story => ({
  ...story,
  doing: null,
  ...changes,
});

export const paid = (story: Story, { isManual }: Terms, nowMs: number): Story =>
  isManual
    ? settled(story, {
        status: 'requires_capture',
        capturable: story.amount,
        sinceMs: nowMs,
        updates: story.updates + 1,
      })
    : settled(story, { status: 'succeeded', received: story.amount, capturable: 0 });

export const failed = (story: Story): Story =>
  settled(story, {
    status: 'requires_payment_method',
    capturable: 0,
    failures: story.failures + 1,
  });

const asked = (story: Story, nowMs: number): Story =>
  settled(story, { status: 'requires_action', sinceMs: nowMs });

export const canceled = (story: Story): Story =>
  settled(story, { status: 'canceled', capturable: 0 });

const letGo = (story: Story): Story =>
  story.received > 0 ? settled(story, { status: 'succeeded', capturable: 0 }) : canceled(story);

const captured = (story: Story, amount: number, isFinal: boolean): Story => {
  const received = story.received + amount;
  const left = story.capturable - amount;
  return isFinal || left === 0
    ? settled(story, { status: 'succeeded', received, capturable: 0 })
    : settled(story, {
        status: 'requires_capture',
        received,
        capturable: left,
        updates: story.updates + 1,
        parts: story.parts + 1,
      });
};

const kept = (story: Story): Story => settled(story, { status: 'requires_capture' });

const raised = (story: Story, total: number): Story =>
  settled(story, {
    status: 'requires_capture',
    amount: total,
    capturable: total,
    updates: story.updates + 1,
  });

export const underWay = (story: Story, doing: Doing): Story => ({
  ...story,
  status: 'processing',
  doing,
});

/** What may have become of it by itself: its bank has told, its time is over. Itself included. */
const byItself = (story: Story, terms: Terms, nowMs: number): readonly Story[] => {
  const { doing } = story;
  if (story.status === 'requires_action' && nowMs - story.sinceMs > ASKED_MS) {
    return [story, failed(story)];
  }
  if (story.status === 'requires_capture' && nowMs - story.sinceMs > HOLD_MS) {
    return [story, underWay(story, { what: 'void' }), letGo(story)];
  }
  switch (doing?.what) {
    case undefined:
      return [story];
    case 'payment':
      return doing.isCancelWanted
        ? [story, canceled(story)]
        : [
            story,
            // Whenever that was: it may be over already.
            paid(story, { ...terms, isManual: doing.isManual ?? terms.isManual }, story.sinceMs),
            failed(story),
            ...(doing.mayAsk ? [asked(story, story.sinceMs)] : []),
          ];
    case 'increment':
      return [story, kept(story), raised(story, doing.total)];
    case 'capture':
      return [story, kept(story), captured(story, doing.amount, doing.isFinal)];
    case 'void':
      return [story, kept(story), letGo(story)];
  }
};

/** By these terms, should it be under way. */
export const underTerms = (story: Story, { isManual }: Terms): Story =>
  story.doing?.what === 'payment' && story.doing.isManual === undefined
    ? { ...story, doing: { ...story.doing, isManual } }
    : story;

export const spell = (story: Story): string => JSON.stringify({ ...story, sinceMs: 0 });

export const unique = (stories: readonly Story[]): readonly Story[] => [
  ...new Map(stories.map((story) => [spell(story), story])).values(),
];

/** Whatever may have become of it by itself, one thing after the other. */
export const drifted = (
  stories: readonly Story[],
  terms: Terms,
  nowMs: number,
): readonly Story[] => {
  let all = unique(stories);
  for (;;) {
    const more = unique(all.flatMap((story) => byItself(story, terms, nowMs)));
    if (more.length === all.length) return all;
    all = more;
  }
};

/** Whether an intent as it is shown is of that story. */
export const shows = (
  intent: Readonly<Record<string, unknown>>,
  { status, amount, capturable, received }: Story,
): boolean =>
  intent['status'] === status &&
  intent['amount'] === amount &&
  // What is on its way to being taken or let go of may be shown either way.
  (status === 'processing' || intent['amount_capturable'] === capturable) &&
  intent['amount_received'] === received;

const refused = (story: Story, code?: string, param?: string): Outcome => ({
  http: 400,
  story,
  ...(code === undefined ? {} : { code }),
  ...(param === undefined ? {} : { param }),
});
export const done = (story: Story): Outcome => ({ http: 200, story });
const STATE = 'payment_intent_unexpected_state';
const NOT_KNOWN = 'payment_intent_outcome_unknown';

/** How a card ends a try to pay with it. */
export type Ending =
  | { readonly ends: 'paid' }
  | { readonly ends: 'declined'; readonly code: string; readonly declineCode?: string }
  | { readonly ends: 'asked' };

export type Trying = {
  readonly ending: Ending;
  readonly terms: Terms;
  readonly nowMs: number;
  /** Answers of the bank may be lost or spoilt just now. */
  readonly isShaky: boolean;
  /** Nobody is there to be asked. */
  readonly isAway?: boolean;
};

/** A try to pay, of an intent that may be tried. */
export const tried = (story: Story, trying: Trying): readonly Outcome[] => {
  const { ending, terms, nowMs, isShaky, isAway = false } = trying;
  const usual = (): Outcome => {
    switch (ending.ends) {
      case 'paid':
        return done(paid(story, terms, nowMs));
      case 'declined':
        return { http: 402, code: ending.code, story: failed(story) };
      case 'asked':
        return isAway
          ? { http: 402, code: 'authentication_required', story: failed(story) }
          : done(asked(story, nowMs));
    }
  };
  if (!isShaky) return [usual()];
  const mayAsk = ending.ends === 'asked' && !isAway;
  return [
    usual(),
    done({
      ...underWay(story, { what: 'payment', isCancelWanted: false, mayAsk }),
      sinceMs: nowMs,
    }),
    { http: 402, story: failed(story) },
    // A network stands in for a bank that does not answer, and knows little of its cards.
    done(paid(story, terms, nowMs)),
  ];
};

export const confirmed = (
  story: Story,
  trying: Trying & { readonly givesMethod: boolean },
): readonly Outcome[] => {
  if (!isOpen(story)) return [refused(story, STATE)];
  const hasMethod = trying.givesMethod || story.status !== 'requires_payment_method';
  return hasMethod ? tried(story, trying) : [refused(story, STATE)];
};

type Following = Omit<Trying, 'ending'>;

const isExpired = ({ sinceMs }: Story, nowMs: number): boolean => nowMs - sinceMs > HOLD_MS;

export const captures = (
  story: Story,
  { terms, nowMs, isShaky }: Following,
  asked: { readonly amount: number | undefined; readonly isFinal: boolean },
): readonly Outcome[] => {
  if (story.status !== 'requires_capture') return [refused(story, STATE)];
  const amount = asked.amount ?? story.capturable;
  if (amount > story.capturable) return [refused(story, 'amount_too_large', 'amount_to_capture')];
  const late = refused(story, 'charge_expired_for_capture');
  const isLast = asked.isFinal || amount === story.capturable;
  const over = isExpired(story, nowMs) ? [late] : [];
  if (!isLast && !terms.mayBeSplit) return [refused(story, undefined, 'final_capture'), ...over];
  return [
    done(captured(story, amount, isLast)),
    ...over,
    ...(isShaky
      ? [
          done(underWay(story, { what: 'capture', amount, isFinal: isLast })),
          { http: 402, code: 'capture_declined', story },
        ]
      : []),
    // A bank that has let go of it by itself a moment before.
    ...(isExpired(story, nowMs) ? [{ http: 402, code: 'capture_declined', story }] : []),
  ];
};

export const cancels = (story: Story, { nowMs, isShaky }: Following): readonly Outcome[] => {
  const { status, doing } = story;
  if (status === 'succeeded' || status === 'canceled') return [refused(story, STATE)];
  if (isOpen(story)) return [done(canceled(story))];
  if (doing?.what === 'payment')
    return [
      done({ ...story, doing: { ...doing, isCancelWanted: true } }),
      // It was approved after all, and goes back already.
      ...(doing.isCancelWanted ? [{ http: 409, code: NOT_KNOWN, story }] : []),
    ];
  if (doing !== null) return [{ http: 409, code: NOT_KNOWN, story }];
  const isLate = isExpired(story, nowMs);
  return [
    done(letGo(story)),
    ...(isShaky ? [done(underWay(story, { what: 'void' }))] : []),
    ...(isShaky || isLate ? [{ http: 402, code: 'cancel_declined', story }] : []),
  ];
};

export const increments = (
  story: Story,
  { terms, nowMs, isShaky, ending }: Trying,
  total: number,
): readonly Outcome[] => {
  if (story.status !== 'requires_capture') return [refused(story, STATE)];
  if (story.received > 0 || !terms.mayBeRaised) return [refused(story, STATE)];
  if (total <= story.amount) return [refused(story, 'parameter_invalid_integer', 'amount')];
  const late = isExpired(story, nowMs)
    ? [refused(story, 'charge_expired_for_capture'), { http: 402, story }]
    : [];
  const usual: Outcome =
    ending.ends === 'declined' ? { http: 402, story } : done(raised(story, total));
  return [
    usual,
    ...late,
    ...(isShaky ? [done(underWay(story, { what: 'increment', total })), { http: 402, story }] : []),
  ];
};

export const updatesAmount = (story: Story, amount: number): readonly Outcome[] => {
  if (!isOpen(story)) return [refused(story, STATE)];
  if (amount === story.amount) return [done(story)];
  return [
    done({
      ...story,
      amount,
      status: story.status === 'requires_action' ? 'requires_confirmation' : story.status,
    }),
  ];
};

/** Those of the outcomes that came. */
export const matching = (answer: Answer, outcomes: readonly Outcome[]): readonly Story[] => {
  const { status, body } = answer;
  const error = body?.error;
  const intent = body?.object === 'payment_intent' ? body : error?.payment_intent;
  return outcomes
    .filter(
      ({ http, code, param, story }) =>
        http === status &&
        (code === undefined || code === error?.code) &&
        (param === undefined || param === error?.param) &&
        (intent === undefined || shows(intent, story)),
    )
    .map(({ story }) => story);
};

/** Of a refund: what it may have become since it was seen. */
export type RefundStatus = 'pending' | 'succeeded' | 'failed';
export const refundMay: Readonly<Record<RefundStatus, readonly RefundStatus[]>> = {
  pending: ['pending', 'succeeded', 'failed'],
  succeeded: ['succeeded'],
  failed: ['failed'],
};

/** Of a dispute: one step of its life, by whomever. */
const disputeMay: Readonly<Record<string, readonly string[]>> = {
  warning_needs_response: ['warning_under_review', 'warning_closed', 'needs_response'],
  warning_under_review: ['warning_closed', 'needs_response'],
  warning_closed: ['needs_response'],
  needs_response: ['under_review', 'lost'],
  under_review: ['won', 'lost'],
  won: ['needs_response'],
  lost: [],
  prevented: [],
};

export const mayBecome = (from: string, to: string): boolean => {
  const seen = new Set([from]);
  for (const status of seen) {
    assert.ok(disputeMay[status], `A dispute is ${status}`);
    for (const next of disputeMay[status]) seen.add(next);
  }
  return seen.has(to);
};
