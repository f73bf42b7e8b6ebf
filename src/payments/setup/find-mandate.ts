import { parseId } from '#kit/ids';
import { MANDATE } from '#payments/confirmation';
import type { FindMandate } from '#payments/intents';
import { resourceMissing } from '#platform/http';
import { loadMandates } from './setup.store.ts';

/** `param` is at fault where the mandate was named by a parameter. */
export const findMandate: FindMandate = async (context, scope, spelled, param) => {
  const id = parseId(MANDATE, spelled);
  const found = id === null ? undefined : (await loadMandates(context, scope, [id])).get(id);
  if (found !== undefined) return found;
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadMandates(context, other, [id])).size > 0;
  throw resourceMissing({
    noun: 'mandate',
    id: spelled,
    ...(param === undefined ? {} : { param }),
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
