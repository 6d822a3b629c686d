-- Personal values are sealed under the person's own key; phone and identity number are found by keyed hashes only.
create table account (
  account_id uuid primary key,
  phone_lookup text not null unique,
  id_number_lookup text not null unique,
  name_sealed bytea not null,
  id_number_sealed bytea not null,
  phone_sealed bytea not null,
  state text not null,
  registered_at_ms bigint not null
);
