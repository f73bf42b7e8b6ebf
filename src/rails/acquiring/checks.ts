// What a healthy acquirer's link answers with no rows.

export const checks = [
  {
    name: 'a reversal is about a message that was sent, and was sent under the same reference',
    text: `select r.account_id, r.operation_id, r.part from rails.card_messages r
            where r.part > 0 and not exists (
              select from rails.card_messages m
               where m.account_id = r.account_id and m.livemode = r.livemode
                 and m.operation_id = r.operation_id and m.part = 0 and m.rrn = r.rrn
                 and (m.state in (2, 3) or (m.state = 4 and r.state in (5, 6))))`,
  },
  {
    name: 'no two messages of one host had the same numbers',
    text: `select host, stan, transmitted_at from rails.card_messages
            group by host, stan, transmitted_at having count(*) > 1`,
  },
  {
    name: 'nothing was taken back at the host that had not moved there',
    text: `select e.account_id, e.operation_id from rails.clearing_entries e
            where e.direction in (2, 4) and not exists (
              select from rails.clearing_entries o
               where o.account_id = e.account_id and o.livemode = e.livemode
                 and o.rrn = e.rrn and o.direction = e.direction - 1)`,
  },
];
