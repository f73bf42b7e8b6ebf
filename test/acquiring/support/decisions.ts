// A payment whose answer nobody heard, and what a person says of it.
import assert from 'node:assert/strict';
import { heardBy } from '#rails/connectors';
import { decideByPerson, type PersonSays } from '#rails/operations';
import { asOwner } from '../../../src/for-tests.ts';
import { operationListeners } from '../../../src/modules.ts';
import { mayLeadHere } from '../../../src/rails/connectors/for-tests.ts';
import { type Sent, stateOf, type World } from './world.ts';
export const decide = ({ context, scope }: World, { operation }: Sent, says: PersonSays) =>
  decideByPerson(context, scope, {
    operationId: operation.id,
    says,
    why: 'seen in the list of the bank',
    writes: (change) => heardBy(operationListeners, context, scope, change),
  });

export const directionsOf = async ({ context }: World, { operation }: Sent) =>
  (
    await asOwner(
      context.on,
      'select direction from rails.clearing_entries where operation_id = $1 order by direction',
      [operation.id],
    )
  ).map(({ direction }) => direction);

/** The bank books it, and nobody hears that. */
export const loseSale = async (world: World): Promise<Sent> => {
  world.bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
  const lost = await world.pay({ amount: 650n });
  assert.equal(lost.operation.state, 'unknown');
  return lost;
};

/** The bank takes it back, and nobody hears that either. */
export const loseReversal = async (world: World): Promise<void> => {
  world.bank.setFaults([{ id: 'mute', kind: 'hang', times: 1, when: { mti: '042' } }]);
  await world.resolve(1);
};

/** The bank has booked it, or never got it, and refuses to take it back: after a day it is for a person. */
export const refusedForADay = async (
  world: World,
  kind: 'hang' | 'down' = 'hang',
): Promise<Sent> => {
  world.bank.setFaults([
    { id: 'lost', kind, times: 1, when: { mti: '0200' } },
    { id: 'no', kind: 'decline', code: '12', times: 999, when: { mti: '042' } },
  ]);
  const lost = await world.pay({ amount: 650n });
  await world.resolve(1);
  await asOwner(
    world.context.on,
    `update rails.operations set first_sent_at = first_sent_at - interval '3 days' where id = $1`,
    [lost.operation.id],
  );
  await world.resolve(1);
  assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'human');
  return lost;
};

/** What the resolver does about it. */
export const reverse = async (world: World, { operation }: Sent) => {
  const { context, scope, rails } = world;
  const [row] = await asOwner(context.on, 'select settings from rails.connector_accounts');
  const settings = row?.['settings'] as Record<string, unknown>;
  return rails.parts.functions.get('direct')?.reverse?.({
    context,
    scope,
    operation,
    account: { id: world.account, connector: 'direct', settings, judge: mayLeadHere },
    request: world.payment(await world.card()),
    providerId: null,
    original: null,
    withCard: () => Promise.reject(new Error('nobody needs the card')),
    http: () => Promise.reject(new Error('nothing is sent over HTTP')),
    deadline: context.clock.now() + 1_000,
    signal: new AbortController().signal,
  });
};
