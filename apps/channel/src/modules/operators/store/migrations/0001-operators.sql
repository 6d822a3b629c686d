create table staff (
  staff_id uuid primary key,
  login_name text not null unique,
  display_name text not null,
  role text not null,
  phone_sealed bytea not null,
  state text not null,
  created_at_ms bigint not null
);

create table staff_session (
  session_id uuid primary key,
  token_lookup text not null unique,
  staff_id uuid not null,
  client_key_id text not null,
  state text not null,
  created_at_ms bigint not null,
  last_seen_at_ms bigint not null,
  expires_at_ms bigint not null
);
