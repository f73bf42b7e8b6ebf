-- A setup may be made by a later module, which looks after it.

update payments.setup_intents set details = ('{"madeBy": null}'::jsonb || details::jsonb)::json;
