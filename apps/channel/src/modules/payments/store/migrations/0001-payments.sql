-- The bank's token of the account a customer pays from; sealed under the customer's key. No card number, ever.
create table payment_account (
  account_id uuid primary key,
  token_sealed bytea not null,
  masked text not null,
  agreed_at_ms bigint not null
);
