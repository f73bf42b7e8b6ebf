// What every module asks of the objects it tells of: each counts its own events, and the log has as many.

export const lastEventCarriesItsNumber = ({
  what,
  table,
  of,
  number = 'o.events',
}: {
  /** With its article: `a refund`. */
  readonly what: string;
  readonly table: string;
  /** What the API calls it. */
  readonly of?: string;
  /** Where a row `o` of the table holds the number of its object's last event. */
  readonly number?: string;
}) => ({
  name: `the last event of ${what} carries its number`,
  ...(of === undefined ? {} : { of }),
  text: `select o.account_id, o.id, ${number} as events
           from ${table} o
           left join platform.events e on e.account_id = o.account_id and e.livemode = o.livemode
                                      and e.object_id = o.id
          group by o.account_id, o.livemode, o.id, ${number}
         having ${number} is distinct from coalesce(max(e.sequence + cardinality(e.kinds) - 1), 0)`,
});
