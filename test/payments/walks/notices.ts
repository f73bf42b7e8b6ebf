// What a provider tells on a walk, in whatever order, and the refunds that come back there.

import { asOwner } from '../../../src/for-tests.ts';
import type { FaultName } from '../../../src/rails/connectors/for-tests-suite.ts';
import { waitUntil } from '../../support/writers.ts';
import { type Act, referencesOf } from './steps.ts';
import type { Walk } from './walk.ts';

/** Of some, old or new: once, or more often, as the same notice or as another one that says the same. */
export const hearNotices: Act = async (walk, payment) => {
  const { teller } = payment.seller;
  if (teller === null) return;
  teller.note();
  const { random } = walk;
  const { notices } = teller;
  for (let told = 1 + random.below(4); told > 0 && notices.length > 0; told -= 1) {
    const from = random.chance(0.5) ? Math.max(0, notices.length - 4) : 0;
    const notice = notices[from + random.below(notices.length - from)];
    if (notice === undefined) return;
    const name = random.chance(0.3) ? `${notice.id}-${walk.sent.length}-${told}` : notice.id;
    payment.history.push(`  its provider tells ${notice.type} (${name})`);
    await teller.tell(notice, name);
  }
};

/** What was given back does not arrive, days after it was said that it had. */
export const failRefund = async (walk: Walk): Promise<void> => {
  const given = walk.payments.filter(
    ({ seller, refunds }) => seller.teller !== null && refunds.size > 0,
  );
  if (given.length === 0) return;
  const payment = walk.random.pick(given);
  const { teller } = payment.seller;
  if (teller === null) return;
  payment.references = await referencesOf(walk, payment);
  teller.note();
  const reference = walk.random.pick(payment.references);
  if (reference === undefined || !teller.failRefund(reference)) return;
  payment.mayComeBack = true;
  payment.history.push('  a refund comes back to its provider');
  teller.note();
};

/** From before it was heard of, to after it was done; not those after which a person has to decide. */
const faults: readonly FaultName[] = ['lost_after', 'reset', 'cut', 'error_after'];

export const disturbTeller = (walk: Walk): void => {
  const { random } = walk;
  for (const { teller } of walk.sellers) teller?.disturb(random.pick(faults));
};

/** Everything, in any order; heard when this resolves. */
export const tellAll = async (walk: Walk): Promise<void> => {
  const { random, town } = walk;
  for (const { teller } of walk.sellers) {
    if (teller === null) continue;
    teller.note();
    const left = [...teller.notices];
    while (left.length > 0) {
      const [notice] = left.splice(random.below(left.length), 1);
      if (notice !== undefined) await teller.tell(notice);
    }
    if (teller.refusals.length > 0) walk.disagree(null, teller.refusals.join('\n'));
  }
  const waiting = 'select 1 as one from rails.inbound_webhooks where due_at is not null';
  await waitUntil('what providers told is understood', 60_000, async () => {
    await asOwner(
      town.gateway.on,
      'update rails.inbound_webhooks set due_at = now() where due_at > now()',
    );
    return (await asOwner(town.gateway.on, waiting)).length === 0;
  });
};
