-- The id a client holds is never stored: only its keyed hash is.
create table session (
  session_id uuid primary key,
  token_lookup text not null unique,
  account_id uuid not null,
  client_key_id text not null,
  environment_hash text not null,
  device_label text not null,
  state text not null,
  ended_reason text,
  created_at_ms bigint not null,
  last_seen_at_ms bigint not null,
  background_at_ms bigint,
  must_reauthenticate boolean not null default false,
  expires_at_ms bigint not null
);
create index session_account on session (account_id, created_at_ms desc);
create unique index session_one_active on session (account_id) where state = 'active';

create table login_attempt (
  attempt_id uuid primary key,
  account_id uuid not null,
  at_ms bigint not null,
  outcome text not null,
  device_label text not null,
  session_id uuid
);
create index login_attempt_account on login_attempt (account_id, at_ms desc);
