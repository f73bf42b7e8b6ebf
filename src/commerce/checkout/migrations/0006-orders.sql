-- An order is registered once, by a payment or by a session: a payment that is there already keeps it.
insert into payments.orders (account_id, livemode, order_reference, kind, owner_id)
select account_id, livemode, order_reference, 2, id from commerce.checkout_sessions
 where order_reference is not null and status <> 3
    on conflict do nothing;
