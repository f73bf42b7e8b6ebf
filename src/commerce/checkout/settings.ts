// Where the pages of this installation are reached from outside.

import type { Context, Database } from '#kit/context';

export type CheckoutSettings = { readonly publicUrl: string };

const provided = new WeakMap<Database, CheckoutSettings>();

export const provideCheckout = (
  context: Pick<Context, 'database'>,
  settings: CheckoutSettings,
): void => {
  provided.set(context.database, settings);
};

export const publicUrlOf = ({ database }: Pick<Context, 'database'>): string => {
  const settings = provided.get(database);
  if (settings === undefined) throw new Error('Checkout was not told where its pages are.');
  return settings.publicUrl;
};
