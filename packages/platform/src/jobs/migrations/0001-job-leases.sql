create table job_lease (
  name text primary key,
  holder text not null,
  ends_at_ms int8 not null,
  next_at_ms int8 not null
);
