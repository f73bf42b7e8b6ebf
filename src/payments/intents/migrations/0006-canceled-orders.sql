-- An order whose payment was canceled is free again. So one order may have had several payments: that one of them
-- at most can be paid or was is what its registration says, which is unique.

drop index payments.intents_order;
create index intents_order on payments.intents (account_id, livemode, order_reference)
  where order_reference is not null;

delete from payments.orders o using payments.intents i
 where o.kind = 1 and o.account_id = i.account_id and o.livemode = i.livemode and o.owner_id = i.id
   and i.status = 7;
