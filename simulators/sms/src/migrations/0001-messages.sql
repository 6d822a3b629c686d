create table message (
  message_id text primary key,
  phone text not null,
  purpose text not null,
  body text not null,
  at_ms int8 not null
);

create index message_by_time on message (at_ms desc);
create index message_by_phone on message (phone, at_ms desc);
