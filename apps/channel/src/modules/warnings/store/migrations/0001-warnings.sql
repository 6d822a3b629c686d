create table security_warning (
  warning_id uuid primary key,
  severity text not null,
  audience text not null,
  body text not null,
  state text not null,
  proposed_by text not null,
  proposed_at_ms bigint not null,
  decided_by text,
  published_at_ms bigint,
  -- Customers up to this one have been gone through; null once all have.
  spread_after uuid,
  spread_done boolean not null default false
);
create index security_warning_published on security_warning (published_at_ms desc) where state = 'published';

-- One row for each customer and way; the notice in the app is committed with the rows.
create table warning_notice (
  warning_id uuid not null,
  account_id uuid not null,
  way text not null,
  state text not null,
  attempts integer not null default 0,
  due_at_ms bigint not null,
  primary key (warning_id, account_id, way)
);
create index warning_notice_due on warning_notice (due_at_ms) where state = 'waiting';
