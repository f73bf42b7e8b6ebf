-- Metadata as a search compares it: without case. An index over it has as many entries for a row as one over the
-- metadata itself. It is an expression, not a body, because PostgreSQL puts it in its place: a function that is called
-- for each row costs more than all the rest of the index.
--
-- Keys that differ only in case would be one, and all but one of their values lost: such a row has its pairs one by one.

create function platform.folded_pairs(metadata jsonb) returns jsonb
  language sql immutable parallel safe
  as $$
    select coalesce(jsonb_agg(lower(jsonb_build_object(key, value)::text)::jsonb), '[]')
      from jsonb_each_text(metadata)
  $$;

create function platform.folded(metadata jsonb) returns jsonb
  language sql immutable parallel safe
  as $$
    select case when lower(metadata::text) = metadata::text then metadata
                when lower(metadata::text) is json object with unique keys then lower(metadata::text)::jsonb
                else platform.folded_pairs(metadata) end
  $$;
