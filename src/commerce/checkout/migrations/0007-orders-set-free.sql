-- Sessions of orders that a canceled payment had kept registered: now the registration is theirs.
insert into payments.orders (account_id, livemode, order_reference, kind, owner_id)
select account_id, livemode, order_reference, 2, id from commerce.checkout_sessions
 where order_reference is not null and status <> 3
    on conflict do nothing;
