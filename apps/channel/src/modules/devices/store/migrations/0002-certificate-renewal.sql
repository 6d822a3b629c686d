-- A renewal under way, one a device; the second certificate is in `issued` until it is installed (B-6.2.3-4).
create table certificate_renewal (
  renewal_id uuid primary key,
  account_id uuid not null,
  device_id uuid not null,
  former_serial text not null,
  state text not null,
  csr text,
  public_key bytea,
  certificate_serial text,
  certificate_expires_at_ms bigint,
  issued jsonb,
  created_at_ms bigint not null,
  expires_at_ms bigint not null
);
create unique index certificate_renewal_open on certificate_renewal (device_id) where state in ('begun', 'certified');
