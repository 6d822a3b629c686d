-- Who proposed may take it back, but never approve it.
alter table proposal drop constraint proposal_check;
alter table proposal add constraint proposal_two_people check (decided_by is null or state = 'rejected' or decided_by <> proposed_by);
