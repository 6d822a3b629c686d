-- How far the CA's chained events were read, and the digest the chain had there.
create table certificate_feed (
  only_row boolean primary key default true check (only_row),
  position bigint not null,
  digest text not null,
  read_at_ms bigint,
  broken_at_ms bigint,
  broken text
);
insert into certificate_feed (position, digest) values (0, '');

-- The life of each certificate as the CA tells it; verifications, which come with every payment, are not kept.
create table certificate_event (
  position bigint primary key,
  serial text not null,
  at_ms bigint not null,
  event text not null,
  outcome text not null,
  actor text,
  detail text,
  correlation_id text not null
);
create index certificate_event_serial on certificate_event (serial, position);
