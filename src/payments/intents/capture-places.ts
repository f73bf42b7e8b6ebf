// How many captures of one charge the books have room for. What is under way has its place already: a bank's yes to it
// must be booked.

import type { Context, Scope } from '#kit/context';
import { type Charge, loadBookedParts } from '#payments/charges';

/** As many as the books have parts of one charge. */
export const CAPTURES_MAX = 256;

/** A try that came to nothing takes no place. */
export const placesLeft = async (
  context: Context,
  scope: Scope,
  { id, capturing }: Pick<Charge, 'id' | 'capturing'>,
): Promise<number> => {
  const booked = await loadBookedParts(context, scope, id);
  return CAPTURES_MAX - booked.length - (capturing > 0n ? 1 : 0);
};
