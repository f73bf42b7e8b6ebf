-- By which process a key is held whose request is under way, so that it need not be waited for a minute when that
-- process has died. Null: by nobody, or by one of which that cannot be told.

alter table platform.answers add column holder uuid;
