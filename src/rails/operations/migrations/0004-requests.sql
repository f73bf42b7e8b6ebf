-- What was asked, in the row of the operation: a table beside it cost a statement, an index and two foreign
-- keys for each payment. It stands last, so that a change of the row, which stays in its page, logs nothing of it;
-- for that two versions of a row have to fit, and pages are filled by less than half. What is there already
-- stays in `rails.requests`, where older gateways go on writing, and is read there.
--
-- Nothing is read or rewritten here; the lock is taken for a moment.

alter table rails.operations
  set (fillfactor = 45),
  -- What it follows: a capture, its payment.
  add column original_id uuid,
  -- In the words of whoever sends it. No card data: a card stands here by its id.
  add column request json;
