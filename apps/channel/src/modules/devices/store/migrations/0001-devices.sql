create table device (
  device_id uuid primary key,
  account_id uuid not null,
  -- The installation; one binding of it at a time, and the newer binding releases the older (B-7.5.1.3-1, B-7.5.1.3-2).
  client_key_id text not null,
  label text not null,
  environment_hash text not null,
  certificate_serial text not null,
  certificate_expires_at_ms bigint not null,
  state text not null,
  bound_at_ms bigint not null,
  released_at_ms bigint
);
create unique index device_active_client on device (client_key_id) where state = 'active';
create index device_account on device (account_id, bound_at_ms desc);

create table device_binding (
  binding_id uuid primary key,
  account_id uuid not null,
  client_key_id text not null,
  device_id uuid not null,
  label text not null,
  environment_hash text not null,
  state text not null,
  certificate_serial text,
  public_key bytea,
  certificate_expires_at_ms bigint,
  created_at_ms bigint not null,
  expires_at_ms bigint not null
);
