// Whose card it is: a customer that is here, one that an earlier row or an earlier import made, one
// whose metadata carry the id, or a new one.

import { findCustomerNamed } from '#cards/customers';
import type { Context, Scope, Write } from '#kit/context';
import { parseId, spellId, type Uuid } from '#kit/ids';
import { ApiError } from '#platform/http';
import { type CardRow, EXTERNAL_ID } from './card-row.ts';
import type { CustomerVerbs } from './customer-verbs.ts';
import { loadImportedCustomer, rememberCustomer } from './imports.store.ts';

const CUSTOMER = 'cus';

export type RowCustomer = { readonly id: Uuid; readonly writes: readonly Write[] };

/** Throws the refusal of the API where there is one. */
export const customerOfRow = async (
  context: Context,
  input: {
    readonly scope: Scope;
    readonly source: string;
    readonly verbs: CustomerVerbs;
    readonly asked: CardRow['customer'];
  },
): Promise<RowCustomer> => {
  const { scope, source, verbs, asked } = input;
  const existing = async (spelled: string): Promise<RowCustomer> => ({
    id: (await findCustomerNamed(context, scope, spelled, 'customer')).id,
    writes: [],
  });

  if (asked.ownId !== null) return existing(asked.ownId);
  if (asked.externalId === null) {
    const made = await verbs.create(context, scope, asked.sent);
    return { id: idOf(made.id), writes: made.writes };
  }

  const known = await loadImportedCustomer(context, scope, source, asked.externalId);
  if (known !== null) return existing(spellId(CUSTOMER, known));
  // An export of this very account names its own customers.
  const own = await ownCustomer(context, scope, asked.externalId);
  if (own !== null) return { id: own, writes: [] };

  const [found, second] = await verbs.findByMetadata(context, scope, EXTERNAL_ID, asked.externalId);
  if (second !== undefined) {
    throw new ApiError(400, `Several customers carry this ${EXTERNAL_ID} in their metadata.`);
  }
  if (found !== undefined) {
    const id = idOf(found);
    return { id, writes: [rememberCustomer(scope, source, asked.externalId, id)] };
  }
  const made = await verbs.create(context, scope, asked.sent);
  const id = idOf(made.id);
  return { id, writes: [rememberCustomer(scope, source, asked.externalId, id), ...made.writes] };
};

const idOf = (spelled: string): Uuid => parseId(CUSTOMER, spelled) as Uuid;

const ownCustomer = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<Uuid | null> => {
  if (parseId(CUSTOMER, spelled) === null) return null;
  try {
    return (await findCustomerNamed(context, scope, spelled, 'customer')).id;
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
};
