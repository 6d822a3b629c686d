create table job_lease (
  name text primary key,
  holder text not null,
  ends_at_ms int8 not null,
  next_at_ms int8 not null
);

create table due_work (
  id uuid primary key,
  kind text not null,
  key text not null,
  payload jsonb not null,
  due_at_ms int8 not null,
  attempts int4 not null default 0,
  lease uuid,
  leased_until_ms int8 not null default 0,
  failed_at_ms int8,
  last_error text,
  unique (kind, key)
);

create index due_work_open on due_work (due_at_ms) where failed_at_ms is null;
