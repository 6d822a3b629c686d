-- What is held is asked for too, at longer intervals.
drop index operation_open;
create index operation_open on operation (lease_until_ms) where state in ('authorised', 'executing', 'unknown', 'held');
