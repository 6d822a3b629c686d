alter table certificate add column profile_version integer not null default 1;
alter table certificate add column crl_reason text;
-- Who asked for the present state: customer, channel or operator.
alter table certificate add column changed_by text;
alter table certificate add column renews text references certificate (serial);
alter table certificate add column installed_at_ms bigint;

-- A key belongs to one account and terminal (B-7.3.1.2-2); the primary key decides between requests that come at once.
create table subject_key (
  public_key bytea primary key,
  account_id uuid,
  terminal_id uuid,
  -- A key that was reported compromised is never certified again.
  blocked boolean not null default false
);
insert into subject_key (public_key, account_id, terminal_id)
  select distinct on (public_key) public_key, account_id, terminal_id from certificate order by public_key, issued_at_ms;
drop index certificate_key;

-- Rows arrive in the order of time, so that the first index grows at its end and the second costs nearly nothing.
create index certificate_time on certificate (caller, issued_at_ms, serial);
create index certificate_expiry on certificate using brin (not_after_ms) with (pages_per_range = 16);
create index certificate_renews on certificate (renews) where renews is not null;

-- Events are chained after they are durable: a position and a digest over the one before.
alter table ca_event add column actor text;
alter table ca_event add column detail text;
alter table ca_event add column position bigint unique;
alter table ca_event add column digest bytea;
-- Two events of one millisecond keep the order they came in.
alter table ca_event add column arrival bigint generated always as identity;
create index ca_event_unlinked on ca_event (arrival) where position is null;
create index ca_event_serial on ca_event (serial) where serial is not null;

create table ca_event_head (
  only_row boolean primary key default true check (only_row),
  position bigint not null,
  digest bytea not null
);
insert into ca_event_head (position, digest) values (0, decode(repeat('00', 32), 'hex'));

create table profile_version (
  name text not null,
  version integer not null,
  parameters jsonb not null,
  since_ms bigint not null,
  -- Null for the first version, which comes with the program.
  proposal_id uuid,
  primary key (name, version)
);

create table proposal (
  proposal_id uuid primary key,
  caller text not null,
  kind text not null,
  payload text not null,
  digest bytea not null,
  proposed_by text not null,
  proposed_at_ms bigint not null,
  expires_at_ms bigint not null,
  state text not null,
  decided_by text,
  decided_at_ms bigint,
  correlation_id text not null,
  check (decided_by is null or decided_by <> proposed_by)
);
create index proposal_time on proposal (caller, proposed_at_ms);
