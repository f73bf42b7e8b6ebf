-- An authorization may be raised: an operation of a kind of its own, beside the one that it raises.

alter table rails.operations drop constraint operations_kind_check;
alter table rails.operations add constraint operations_kind_check check (kind between 1 and 10);
