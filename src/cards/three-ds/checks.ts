// What a healthy database answers with no rows.

export const checks = [
  {
    name: 'a proof rests on what the bank of the card said',
    text: `select account_id, id from cards.authentications
            where (state = 4) <> coalesce(learned->>'transStatus' in ('Y', 'A', 'I'), false)`,
  },
  {
    name: 'an authentication value is kept only as long as it can be used',
    text: `select account_id, id from cards.authentications
            where learned->>'cavv' is not null and (state <> 4 or used_for is not null)`,
  },
  {
    name: 'one operation carries one proof',
    text: `select account_id, used_for from cards.authentications
            where used_for is not null group by account_id, livemode, used_for having count(*) > 1`,
  },
];
