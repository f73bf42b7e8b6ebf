// What every module asks of the objects it tells of: each counts its own events, and the log has as many.

/** `table` has the columns `id` and `events`, the number of the object's last event. */
export const lastEventCarriesItsNumber = ({
  what,
  table,
  of,
}: {
  /** With its article: `a refund`. */
  readonly what: string;
  readonly table: string;
  /** What the API calls it. */
  readonly of?: string;
}) => ({
  name: `the last event of ${what} carries its number`,
  ...(of === undefined ? {} : { of }),
  text: `select o.account_id, o.id, o.events
           from ${table} o
           left join platform.events e on e.account_id = o.account_id and e.livemode = o.livemode
                                      and e.object_id = o.id
          group by o.account_id, o.livemode, o.id, o.events
         having o.events <> coalesce(max(e.sequence + cardinality(e.kinds) - 1), 0)`,
});
