import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { resourceMissing } from '#platform/http';
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
  if (!charge) throw await chargeMissing(context, scope, spelled, id, param);
  return charge;
};

const chargeMissing = async (
  context: Context,
  scope: Scope,
  spelled: string,
  id: Uuid | null,
  param?: string,
) => {
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadCharge(context, other, id)) !== undefined;
  return resourceMissing({
    noun: 'charge',
    id: spelled,
    ...(param === undefined ? {} : { param }),
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
