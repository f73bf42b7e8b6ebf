// A merchant who keeps cards, and what is heard of them.

import { startGatewayHere } from './gateway.ts';
import { stripeFor } from './stripe.ts';

export const visa = { number: '4242424242424242', exp_month: 12, exp_year: 2034, cvc: '123' };

export const openMethods = async () => {
  const gateway = await startGatewayHere();
  const merchant = await gateway.merchant();
  const stripe = stripeFor(gateway.port, merchant.key);
  const { customers, paymentMethods } = stripe;

  const cardMethod = (card: Partial<typeof visa> & Record<string, unknown> = {}) =>
    paymentMethods.create({ type: 'card', card: { ...visa, ...card } as never });

  const typesSince = async (first: string): Promise<string[]> => {
    const events = await stripe.events.list({ limit: 100, ending_before: first });
    return events.data.map((event) => event.type).toReversed();
  };
  const newest = async (): Promise<string> => {
    await customers.create();
    return (await stripe.events.list({ limit: 1 })).data[0]?.id ?? '';
  };
  return { gateway, merchant, stripe, cardMethod, typesSince, newest };
};
