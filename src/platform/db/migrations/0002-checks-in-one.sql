-- PostgreSQL reads the text of every check anew for every statement: a charge's seven took as long as writing the
-- charge. Tables that every payment writes have one check now, which calls a function that is kept as it was
-- read, and that ends here with the name of what is broken. What is checked is what it was, and so are the names.
create function platform.refuse_row(relation text, broken text) returns boolean
  language plpgsql immutable parallel safe set search_path = pg_catalog
  as $$
begin
  raise check_violation using
    message = format('new row for relation "%s" violates check constraint "%s"', relation, broken),
    table = relation, constraint = broken;
end
$$;
