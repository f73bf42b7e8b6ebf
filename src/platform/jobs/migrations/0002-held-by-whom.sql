-- By which worker a job is held, where it may be taken over as soon as that worker is known to have died. Null: by
-- nobody, or its lease is waited out.

alter table platform.jobs add column holder uuid;
