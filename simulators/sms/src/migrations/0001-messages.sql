create table message (
  message_id uuid primary key,
  phone text not null,
  text text not null,
  reference text not null unique,
  at_ms int8 not null
);
create index message_phone on message (phone, at_ms desc);
create index message_at on message (at_ms desc);
