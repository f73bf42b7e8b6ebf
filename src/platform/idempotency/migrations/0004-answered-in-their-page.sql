-- A claim of a hundred bytes becomes an answer of some two thousand within the same second, and so do those beside it:
-- with pages filled to the full none found room for its answer, and each was entered into the primary key again. Five
-- claims to a page leave it full of answers.
alter table platform.answers set (fillfactor = 10);
