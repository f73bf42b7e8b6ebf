export const checks = [
  {
    name: 'a mail that was sent says which try was the one',
    text: `select account_id, id from outward.mails
            where state = 2 and attempts = 0`,
  },
  {
    name: 'the numbers of receipts have no hole',
    text: `select c.account_id, c.livemode from outward.receipt_counters c
             left join outward.receipt_numbers n
               on n.account_id = c.account_id and n.livemode = c.livemode
            group by c.account_id, c.livemode, c.last
           having count(n.number) <> c.last or max(n.number) <> c.last`,
  },
];
