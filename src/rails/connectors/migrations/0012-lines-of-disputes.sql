-- A chargeback is expected under its provider's name of the dispute. Banks write that into their lines, and it was kept
-- with all that they wrote and named nothing: what came until now is told by it too.
update rails.settlement_lines
   set line = (line::jsonb || jsonb_build_object('providerId', line->'raw'->>'dispute'))::json
 where kind in ('chargeback', 'chargeback_reversal') and line->>'providerId' is null
   and line->'raw'->>'dispute' <> '';
