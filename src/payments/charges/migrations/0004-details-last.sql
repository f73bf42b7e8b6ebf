-- What changes when a charge is paid stands first in its details, and what does not, its method and its
-- receipt's address, last: of two versions of a row in one page PostgreSQL logs what lies between their common
-- beginning and their common end. Nothing may follow the details then: that disputes took more than was
-- left is rare, and is null where it is not so. Older rows say 0, which is the same.
--
-- Nothing is read or rewritten; the lock is taken for a moment.

alter table payments.charges
  alter column charged_back_beyond drop not null,
  alter column charged_back_beyond drop default;
