-- What an operation comes to changes what two of its indexes look at, so it never stayed where it was; the room that
-- was left for it held nothing.
alter table rails.operations set (fillfactor = 90);
