-- The same answer as before, added up instead of asked for: with a query in it, it took half of what
-- posting an entry took.
create or replace function books.is_balanced(accounts smallint[], amounts bigint[]) returns boolean
  language plpgsql immutable parallel safe set search_path = pg_catalog
  as $$
declare
  total bigint := 0;
  amount bigint;
begin
  if accounts is null or amounts is null or cardinality(accounts) <> cardinality(amounts)
     or cardinality(accounts) not between 2 and 16
     or array_position(amounts, null) is not null or array_position(amounts, 0) is not null
     or not accounts <@ '{1,2,3,4,5,6,7,8,9,10,11,12}'::smallint[] then
    return false;
  end if;
  foreach amount in array amounts loop
    total := total + amount;
  end loop;
  return total = 0;
end
$$;
