-- Records are chained in the order they were written; identifiers of one millisecond have none.
alter table record_pending add column position bigint generated always as identity;
create index record_pending_position on record_pending (position);
