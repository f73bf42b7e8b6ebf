import { parseId } from '#kit/ids';
import { MANDATE } from '#payments/confirmation';
import type { FindMandate } from '#payments/intents';
import { missingIn } from '#platform/http';
import { loadMandates } from './setup.store.ts';

/** `param` is at fault where the mandate was named by a parameter. */
export const findMandate: FindMandate = async (context, scope, spelled, param) => {
  const id = parseId(MANDATE, spelled);
  const found = id === null ? undefined : (await loadMandates(context, scope, [id])).get(id);
  if (found !== undefined) return found;
  throw await missingIn(scope, { noun: 'mandate', id: spelled, param }, async (other) =>
    id === null ? false : (await loadMandates(context, other, [id])).has(id),
  );
};
