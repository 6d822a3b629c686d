-- When the CA first said, while it verified a signature, that the certificate soon runs out (B-6.2.3-2).
alter table certificate add column near_expiry_at_ms bigint;

-- What else the CA is to be told, until it has taken it: that a renewed certificate is installed, that one is on hold.
create table certificate_order (
  order_id uuid primary key,
  serial text not null,
  kind text not null,
  correlation_id text not null,
  state text not null,
  refusal text,
  tried_at_ms bigint not null default 0,
  created_at_ms bigint not null
);
create index certificate_order_queue on certificate_order (tried_at_ms, created_at_ms) where state = 'queued';
