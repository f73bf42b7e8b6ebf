-- What our own books say of an operation is evidence of it as well: that somebody may have been paid twice.

alter table rails.evidence
  drop constraint evidence_kind_check,
  add constraint evidence_kind_check check (kind between 1 and 7) not valid;
alter table rails.evidence validate constraint evidence_kind_check;
