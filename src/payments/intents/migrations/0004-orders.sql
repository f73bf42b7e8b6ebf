-- Who has registered an order: a payment, or a page on which it can be paid. Each looked for the order among its
-- own kind, so one order could have both, and be paid twice.

create table payments.orders (
  account_id uuid not null,
  livemode boolean not null,
  order_reference text not null check (length(order_reference) between 1 and 200),
  -- 1 payment, 2 checkout session.
  kind smallint not null check (kind between 1 and 2),
  owner_id uuid not null,
  primary key (account_id, livemode, order_reference)
);
call platform.isolate('payments.orders');
call platform.open_to_owner('payments.orders');
grant select, insert, delete on payments.orders to tollgate_app;

insert into payments.orders (account_id, livemode, order_reference, kind, owner_id)
select account_id, livemode, order_reference, 1, id from payments.intents
 where order_reference is not null;
