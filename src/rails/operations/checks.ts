// What a healthy journal answers with no rows.

export const checks = [
  {
    name: 'evidence is of an operation that there is',
    text: `select e.account_id, e.id from rails.evidence e
            where not exists (select from rails.operations o
                               where o.account_id = e.account_id and o.livemode = e.livemode
                                 and o.id = e.operation_id)`,
  },
  {
    name: 'what an operation follows is an operation',
    of: 'op',
    text: `select o.account_id, o.id, o.original_id from rails.operations o
            where o.original_id is not null
              and not exists (select from rails.operations p
                               where p.account_id = o.account_id and p.livemode = o.livemode
                                 and p.id = o.original_id)`,
  },
  {
    name: 'an operation has a currency',
    of: 'op',
    text: `select account_id, id from rails.operations where currency !~ '^[a-z]{3}$'`,
  },
  {
    name: 'every end of an operation has evidence that says so',
    of: 'op',
    text: `select o.account_id, o.id, o.state from rails.operations o
            where o.state in (3, 4, 7, 9)
              and not exists (
                select from rails.evidence e
                 where e.account_id = o.account_id and e.livemode = o.livemode and e.operation_id = o.id
                   and case o.state when 3 then e.says->>'outcome' = 'approved'
                                    when 4 then e.says->>'outcome' in ('declined', 'not_found')
                                    when 7 then e.says->>'outcome' = 'not_sent'
                                    else e.says->>'outcome' = 'reversed' end)`,
  },
  {
    name: 'what was approved with the right amount, currency and reference is called approved',
    of: 'op',
    // The few that are not come first: there is evidence of all.
    text: `with others as materialized (
             select account_id, livemode, id, state, amount, currency, reference from rails.operations
              where state not in (3, 9))
           select o.account_id, o.id, o.state
             from others o
             join rails.evidence e on e.account_id = o.account_id and e.livemode = o.livemode
                                  and e.operation_id = o.id
            where e.says->>'outcome' = 'approved'
              and e.says->>'amount' = o.amount::text and e.says->>'currency' = o.currency
              and e.says->>'reference' = o.reference`,
  },
  {
    name: 'what is called approved was approved over its amount and currency, where its provider said one',
    of: 'op',
    text: `select o.account_id, o.id, o.amount, o.currency
             from rails.operations o
            where o.state = 3 and not o.needs_review and not exists (
              select from rails.evidence e
               where e.account_id = o.account_id and e.livemode = o.livemode and e.operation_id = o.id
                 and e.says->>'outcome' = 'approved'
                 and coalesce(e.says->>'amount', o.amount::text) = o.amount::text
                 and coalesce(e.says->>'currency', o.currency) = o.currency)`,
  },
  {
    name: 'no intent has two live attempts that nobody reviews',
    text: `select account_id, intent_id, ordinal from rails.operations
            where state not in (4, 7, 9)
            group by account_id, livemode, intent_id, case kind when 2 then 1 else kind end, ordinal
           having count(*) > 1 and not bool_or(needs_review)`,
  },
];
