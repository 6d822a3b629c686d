create table notice (
  notice_id uuid primary key,
  way text not null,
  address text not null,
  title text not null,
  text text not null,
  reference text not null unique,
  at_ms int8 not null
);
create index notice_address on notice (way, address, at_ms desc);
create index notice_at on notice (at_ms desc);
