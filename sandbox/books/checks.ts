// Questions that healthy books answer with no rows.

export const bookChecks: Readonly<Record<string, string>> = {
  'every movement of an institution balances': `
    select seq, institution, currency, sum(amount_minor) from sandbox.postings
    group by 1, 2, 3 having sum(amount_minor) <> 0`,
  'every balance is the sum of its postings': `
    select account, currency from sandbox.accounts a
    full join (select account, currency, sum(amount_minor) as posted
               from sandbox.postings group by 1, 2) p using (account, currency)
    where a.balance_minor is distinct from p.posted`,
  'what issuers owe is what the acquirer expects': `
    select currency from sandbox.postings
    where account like '%/due_to_network' or account like 'acquirer/due_from_network/%'
    group by currency having sum(amount_minor) <> 0`,
  'merchants have what was captured, not taken back and not cleared yet': `
    select e.merchant, e.currency from (
      select merchant, currency, sum(captured_minor - refunded_minor - charged_back_minor) as sold
      from sandbox.approvals group by 1, 2) e
    left join (
      select account, currency, sum(amount_minor) as cleared
      from sandbox.postings join sandbox.movements using (seq)
      where kind = 'batch_closed' group by 1, 2) c
      on c.account = 'acquirer/merchant/' || e.merchant and c.currency = e.currency
    left join sandbox.accounts a
      on a.account = 'acquirer/merchant/' || e.merchant and a.currency = e.currency
    where coalesce(a.balance_minor, 0) <> e.sold + coalesce(c.cleared, 0)`,
  'what the acquirer has at the bank is what the bank owes it': `
    select coalesce(o.currency, t.currency) from (
      select currency, sum(amount_minor) as amount from sandbox.postings
      where account = 'acquirer/bank' group by 1) o
    full join (
      select currency, sum(amount_minor) as amount from sandbox.postings
      join sandbox.movements using (seq)
      where account like 'bank/account/%' and kind in ('network_settled', 'batch_funded')
        and account in (select account from sandbox.postings join sandbox.movements using (seq)
                        where kind = 'network_settled')
      group by 1) t using (currency)
    where coalesce(o.amount, 0) + coalesce(t.amount, 0) <> 0`,
  'what issuers paid in is what came through clearing': `
    select currency from sandbox.postings
    where account like 'issuer/%/bank'
       or (account like 'bank/clearing/%' and account <> 'bank/clearing/transfers')
    group by currency having sum(amount_minor) <> 0`,
  'holders paid what was captured and not refunded': `
    select a.account, a.currency from sandbox.accounts a
    join (select 'issuer/' || network || '/holder/' || card as account, currency,
                 sum(captured_minor - refunded_minor - charged_back_minor) as paid
          from sandbox.approvals group by 1, 2) e using (account, currency)
    join (select p.account, p.currency, p.amount_minor as opening from sandbox.postings p
          join sandbox.movements m using (seq) where m.kind = 'account_opened') o
      using (account, currency)
    where a.balance_minor <> o.opening - e.paid`,
};
