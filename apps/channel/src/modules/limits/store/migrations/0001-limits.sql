create table limit_setting (
  account_id uuid not null,
  category text not null,
  per_operation_fen bigint not null,
  per_day_fen bigint not null,
  changed_at_ms bigint not null,
  primary key (account_id, category)
);

-- What was used on a day, reserved amounts included: a limit cannot be overspent by operations in flight.
create table limit_use (
  account_id uuid not null,
  category text not null,
  day text not null,
  used_fen bigint not null,
  primary key (account_id, category, day)
);

create table limit_reservation (
  operation_id uuid primary key,
  account_id uuid not null,
  category text not null,
  day text not null,
  amount_fen bigint not null,
  state text not null
);
