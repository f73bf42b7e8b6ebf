export const checks = [
  {
    name: 'every delivery is owed to an endpoint that is or was there',
    text: `select d.account_id, d.id from outward.deliveries d
             left join outward.webhook_endpoints w
               on w.account_id = d.account_id and w.livemode = d.livemode and w.id = d.endpoint_id
            where w.id is null`,
  },
  {
    name: 'a delivery is of an event that the log knows',
    text: `select d.account_id, d.id from outward.deliveries d
            where not exists (
              select from platform.events e
               where e.account_id = d.account_id and e.livemode = d.livemode
                 and e.id = (left(d.event_id::text, 35) || '0')::uuid
                 and e.object_id = d.object_id)`,
  },
];
