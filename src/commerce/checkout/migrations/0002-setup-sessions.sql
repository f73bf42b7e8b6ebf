-- Sessions that keep a card instead of taking money know of a setup.

update commerce.checkout_sessions
   set details = ('{"setupId": null, "setupData": {}}'::jsonb || details::jsonb)::json;
