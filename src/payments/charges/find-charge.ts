import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { missingIn } from '#platform/http';
import type { Charge } from './charge.ts';
import { loadCharge } from './charges.store.ts';
import { CHARGE } from './render-charge.ts';

/** The charge of that id; or the refusal that says what is wrong with it. `param` names it if not the URL. */
export const findCharge = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<Charge> => {
  const id = parseId(CHARGE, spelled);
  const charge = id && (await loadCharge(context, scope, id));
  if (charge) return charge;
  throw await missingIn(
    scope,
    { noun: 'charge', id: spelled, param },
    (other) => id && loadCharge(context, other, id),
  );
};
