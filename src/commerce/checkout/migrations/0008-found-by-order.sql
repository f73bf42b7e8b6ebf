-- Sessions are listed by their order, expired ones as well, of which the unique index knows nothing.
create index checkout_sessions_of_order on commerce.checkout_sessions
  (account_id, livemode, order_reference, id)
  where order_reference is not null;
