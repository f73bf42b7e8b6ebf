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
  'merchants have what was captured and not refunded': `
    select merchant, currency from (
      select merchant, currency, sum(captured_minor - refunded_minor) as expected
      from sandbox.approvals group by 1, 2) e
    left join sandbox.accounts a using (currency)
    where a.account = 'acquirer/merchant/' || merchant and a.balance_minor <> expected`,
  'holders paid what was captured and not refunded': `
    select a.account, a.currency from sandbox.accounts a
    join (select 'issuer/' || network || '/holder/' || card as account, currency,
                 sum(captured_minor - refunded_minor) as paid
          from sandbox.approvals group by 1, 2) e using (account, currency)
    join (select p.account, p.currency, p.amount_minor as opening from sandbox.postings p
          join sandbox.movements m using (seq) where m.kind = 'account_opened') o
      using (account, currency)
    where a.balance_minor <> o.opening - e.paid`,
};
