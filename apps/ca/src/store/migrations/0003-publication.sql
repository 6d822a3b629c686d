-- The revocation list a certificate belongs to. Null for those made before there were lists: they name none.
alter table certificate add column shard text;
create index certificate_on_list on certificate (shard, serial) where state <> 'good' and shard is not null;

-- A generation of lists: where they are found and over how many certificates are spread. Changing either begins a new one;
-- the lists of earlier ones live on for the certificates that name them.
create table crl_generation (
  generation integer primary key,
  base_url text not null,
  shard_count integer not null,
  since_ms bigint not null
);

create table crl_shard (
  shard text primary key,
  full_url text not null,
  delta_url text not null,
  -- The number of the last list of either kind.
  number bigint not null default 0,
  full_number bigint,
  -- The list holds every change of the event chain up to here.
  full_position bigint,
  full_this_ms bigint,
  full_next_ms bigint,
  full_entries integer,
  full_der bytea,
  delta_number bigint,
  delta_position bigint,
  delta_this_ms bigint,
  delta_next_ms bigint,
  delta_entries integer,
  delta_der bytea
);

create index ca_event_change on ca_event (position)
  where event in ('revoked', 'suspended', 'resumed') and position is not null;
