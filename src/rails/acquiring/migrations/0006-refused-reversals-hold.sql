-- Beside whoever reads and writes: it holds a lock that stops neither.

alter table rails.card_messages validate constraint card_messages_state_check;
