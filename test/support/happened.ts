// What has become of an account's objects: the types of the events since it was asked last, oldest first.

import type Stripe from 'stripe';

export const happenedAt = (stripe: Stripe): (() => Promise<string[]>) => {
  let last: string | undefined;
  return async () => {
    const events: Stripe.Event[] = [];
    const filter = last === undefined ? {} : { ending_before: last };
    for await (const event of stripe.events.list({ limit: 100, ...filter })) events.push(event);
    const newest = last === undefined ? events : events.toReversed();
    last = newest[0]?.id ?? last;
    return newest.map(({ type }) => type).toReversed();
  };
};
