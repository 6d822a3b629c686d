-- Versions count on for ever; the numbers under which cards keep their keys are fifteen, given again once they are free.
alter table master_key add column card_number integer;
update master_key set card_number = 48 + version;
alter table master_key alter column card_number set not null;
create unique index master_key_number on master_key (card_number) where wrapped is not null;
-- A proposal to destroy this version though cards that were given up still have its keys; null: to make a new one.
alter table key_renewal add column retires integer;
