-- What was set aside is asked for by its object. Mostly there is none: what is not set aside is in no index but that of its id.

create index outbox_set_aside on platform.outbox (object_id) where not_before is not null;
