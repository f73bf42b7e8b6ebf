export const module = {
  name: 'books/fees',
  migrations: new URL('./migrations/', import.meta.url),
  checks: [
    {
      name: 'every fee was reckoned by rules that are still there',
      text: `select e.account_id, e.id, e.details->>'feeRules' as version
               from books.entries e
              where (e.details->>'feeRules')::integer > 0
                and not exists (select from books.fee_rules r
                                 where r.account_id = e.account_id and r.livemode = e.livemode
                                   and r.version = (e.details->>'feeRules')::integer)`,
    },
    {
      name: 'no fee was reckoned by rules that were withdrawn before they began',
      text: `select e.account_id, e.id, e.details->>'feeRules' as version
               from books.fee_withdrawals w
               join books.entries e on e.account_id = w.account_id and e.livemode = w.livemode
              where (e.details->>'feeRules')::integer = w.version`,
    },
  ],
};
