-- Data keys (DEK) and signing keys, each wrapped by the key-encryption key, which is never in the database (A-11.4.2-2).
create table key_material (
  name text primary key,
  kind text not null,
  state text not null,
  wrapped bytea not null,
  certificate bytea,
  chain bytea[] not null default '{}',
  created_at_ms bigint not null
);

-- One data key a person: destroying it makes all sealed values of that person unreadable (C-6.2.3-c, D-5.6.5-a.1).
create table subject_key (
  subject text primary key,
  state text not null,
  wrapped bytea,
  created_at_ms bigint not null
);
