-- Verifying a claim, and the zones of workers, whose names nobody may claim.

create index workers_zone_idx on workers (lower(btrim(zone, '.')));

create function domains_mark_verified(domain_id bigint) returns text
    language plpgsql
    as $$
begin
    update public.domains
    set verified = true, verified_at = coalesce(verified_at, public.wh_now()), last_checked_at = public.wh_now(),
        last_check_error = ''
    where id = domain_id
      and exists (select from public.apps where apps.id = domains.app_id and apps.deleted_at is null);
    return case when found then 'verified' else 'missing' end;
exception
    when unique_violation then
        return 'taken';
end
$$;

comment on function domains_mark_verified(bigint) is
    'Verifies a claim of a living app: verified, missing, or taken by another claim of the name. The transaction goes on in each '
    'case, also if the other claim is verified at the same moment.';
