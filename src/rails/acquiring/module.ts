import { checks } from './checks.ts';
import { onOperation } from './clearing-entry.ts';
import { traceMessages } from './trace.ts';

// What holds of messages across the tables of others.
const acrossModules = [
  {
    name: 'what goes to clearing is what was approved, and was sent',
    text: `select e.account_id, e.operation_id, e.direction, e.amount, e.currency, o.amount as approved
             from rails.clearing_entries e
             left join rails.operations o on o.account_id = e.account_id and o.livemode = e.livemode
                                         and o.id = e.operation_id
             left join rails.card_messages m on m.account_id = e.account_id and m.livemode = e.livemode
                                            and m.operation_id = e.operation_id and m.part = 0
            where o.id is null or e.amount > o.amount or e.currency <> o.currency
               or m.operation_id is null`,
  },
  {
    name: 'what was approved after a reversal that found no original is reversed again',
    text: `select l.operation_id, l.at from rails.dead_letters l
             join rails.operations o on o.id = l.operation_id and o.state = 9
                                    and o.code = 'no_original'
            where l.problem = 'approved_after_reversal'
              and not exists (select from platform.jobs j
                               where j.name = 'rails.reverse_again'
                                 and j.payload->>'operation' = o.id::text)`,
  },
];

export const module = {
  name: 'rails/acquiring',
  migrations: new URL('./migrations/', import.meta.url),
  onOperation,
  trace: () => traceMessages,
  checks: [...checks, ...acrossModules],
};
