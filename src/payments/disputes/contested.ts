// What goes back by itself must not go to a payer whom a dispute may pay as well: what its bank has given back while it
// is undecided, or has yet to take, is the merchant's for now.

import type { Charge } from '#payments/charges';
import type { Dispute } from './dispute.ts';
import { isInquiry } from './dispute-states.ts';

/** Of what nobody wants, which alone goes back by itself. */
export const withContested = (charge: Charge, dispute: Dispute): Charge => {
  if (!charge.isUnwanted) return charge;
  const { contested: before = {}, ...rest } = charge;
  const { [dispute.id]: openBefore = 0, ...others } = before;
  const open = Number(openOf(dispute));
  if (open === openBefore) return charge;
  const contested = open === 0 ? others : { ...others, [dispute.id]: open };
  return Object.keys(contested).length === 0 ? rest : { ...rest, contested };
};

/** Also of one that is lost without money: whoever has conceded it before its bank took any is told of that later. */
const openOf = ({ status, amount, counted }: Dispute): bigint => {
  const takesNoMore = isInquiry(status) || status === 'won' || status === 'prevented';
  return takesNoMore ? 0n : amount - counted;
};
