-- What disputes took although it had been given back already, or was about to be. It is counted as soon as
-- something is left: a refund that fails frees nothing that the bank has taken meanwhile.

alter table payments.charges
  add column charged_back_beyond bigint not null default 0 check (charged_back_beyond >= 0),
  add constraint charges_nothing_left_beside_what_was_taken
    check (charged_back_beyond = 0 or refunded + refunding + charged_back = captured);
