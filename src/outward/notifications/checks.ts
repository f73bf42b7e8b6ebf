export const checks = [
  {
    name: 'a mail is of an event that the log knows',
    text: `select m.account_id, m.id from outward.mails m
            where m.event_id is not null and not exists (
              select from platform.events e
               where e.account_id = m.account_id and e.livemode = m.livemode
                 and e.id = (left(m.event_id::text, 35) || '0')::uuid)`,
  },
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
