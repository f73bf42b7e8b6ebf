-- As for charges.
create function payments.intent_holds(
  status smallint, currency text, order_reference text, amount bigint, received bigint, capturable bigint)
  returns boolean
  language plpgsql immutable parallel safe
  as $$
declare
  broken text := case
    when capturable <> 0 and status not between 4 and 5 then 'intents_capturable_only_while_authorized'
    when currency !~ '^[a-z]{3}$' then 'intents_currency_check'
    when least(received, capturable) < 0 then 'intents_nothing_negative'
    when length(order_reference) not between 1 and 200 then 'intents_order_reference_check'
    when received + capturable > amount then 'intents_received_at_most_asked'
    when status not between 1 and 7 then 'intents_status_check'
  end;
begin
  return broken is null or platform.refuse_row('intents', broken);
end
$$;

alter table payments.intents
  drop constraint intents_capturable_only_while_authorized,
  drop constraint intents_currency_check,
  drop constraint intents_nothing_negative,
  drop constraint intents_order_reference_check,
  drop constraint intents_received_at_most_asked,
  drop constraint intents_status_check,
  add constraint intents_hold check (payments.intent_holds(
    status, currency, order_reference, amount, received, capturable));
