create table notification (
  notification_id uuid primary key,
  account_id uuid not null,
  at_ms bigint not null,
  body text not null
);
create index notification_account on notification (account_id, at_ms desc);
