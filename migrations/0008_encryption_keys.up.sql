-- Which keys the encrypted columns were written with, so that a service without one of them refuses to start.

create table encryption_keys (
    key_id text constraint encryption_keys_pkey primary key
        constraint encryption_keys_key_id_check check (key_id ~ '^[0-9a-f]{16}$'),
    forms text[] not null default '{}'
        constraint encryption_keys_forms_check check (forms <@ array['v1', 'v2']),
    first_used_at timestamptz not null default wh_now(),
    last_current_at timestamptz,
    retiring uuid
);

comment on table encryption_keys is
    'Keys that stored values may need; a row goes when a rotation has found nothing under its key.';
comment on column encryption_keys.key_id is
    'Public fingerprint of a server secret, derived one way; values of the form v2 name it.';
comment on column encryption_keys.forms is
    'Forms that services were set to write with this key; empty where the key came with a database that was taken over.';
comment on column encryption_keys.first_used_at is 'When the key was recorded.';
comment on column encryption_keys.last_current_at is
    'When a service last started with this key as its current one; null where none did.';
comment on column encryption_keys.retiring is
    'The rotation that looks whether anything needs this key; a service that writes with the key takes the mark away.';
