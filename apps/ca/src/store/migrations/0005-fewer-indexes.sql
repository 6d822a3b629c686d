-- Nobody looks an event up by its correlation, and an event that is not chained yet needs no place in the index of places.
drop index ca_event_correlation;
alter table ca_event drop constraint ca_event_position_key;
create unique index ca_event_position on ca_event (position) where position is not null;

-- A list is read from its index alone.
drop index certificate_on_list;
create index certificate_on_list on certificate (shard, serial) include (not_after_ms, revoked_at_ms, crl_reason)
  where state <> 'good' and shard is not null;
