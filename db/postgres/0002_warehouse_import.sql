-- Instants of a source are text of fixed width that, in byte order, sorts like the instants: hence COLLATE "C".
-- ULIDs are uuid: 16 bytes instead of 26 letters in every row and index, in the same order. ulid_text shows the letters.

CREATE TABLE connections
(
    id         uuid    NOT NULL PRIMARY KEY,
    name       text    NOT NULL,
    name_key   text COLLATE "C"    NOT NULL UNIQUE,
    type       text    NOT NULL,
    settings   text    NOT NULL,
    secrets    text    NOT NULL,
    version    bigint NOT NULL,
    created_at timestamptz    NOT NULL,
    updated_at timestamptz    NOT NULL
);

CREATE TABLE syncs
(
    id                   uuid    NOT NULL PRIMARY KEY,
    name                 text    NOT NULL,
    name_key             text COLLATE "C"    NOT NULL UNIQUE,
    connection_id        uuid    NOT NULL REFERENCES connections (id),
    definition           text    NOT NULL,
    mapping_version      integer NOT NULL,
    status               text    NOT NULL,
    version              bigint NOT NULL,
    fence                bigint NOT NULL,
    active_run_id        uuid,
    last_run_seq         bigint NOT NULL,
    watermark            text COLLATE "C",
    boundary_run_id      uuid,
    consecutive_failures integer NOT NULL,
    created_at           timestamptz    NOT NULL,
    updated_at           timestamptz    NOT NULL
);

CREATE INDEX ix_syncs_connection ON syncs (connection_id);

CREATE TABLE sync_mappings
(
    sync_id         uuid    NOT NULL REFERENCES syncs (id) ON DELETE CASCADE,
    mapping_version integer NOT NULL,
    definition      text    NOT NULL,
    PRIMARY KEY (sync_id, mapping_version)
);

-- Imports by API are runs without a sync row, hence no reference.
CREATE TABLE runs
(
    id                   uuid    NOT NULL PRIMARY KEY,
    sync_id              uuid    NOT NULL,
    seq                  bigint NOT NULL,
    fence                bigint NOT NULL,
    run_trigger          text    NOT NULL,
    is_dry_run           boolean NOT NULL,
    is_full              boolean NOT NULL,
    status               text    NOT NULL,
    mapping_version      integer NOT NULL,
    partitions           integer NOT NULL,
    request_id           uuid    NOT NULL,
    due_at               timestamptz,
    request_key          text,
    read_window          text,
    read_rows            bigint NOT NULL,
    created              bigint NOT NULL,
    updated              bigint NOT NULL,
    unchanged            bigint NOT NULL,
    stale                bigint NOT NULL,
    duplicate            bigint NOT NULL,
    failed               bigint NOT NULL,
    suppressed           bigint NOT NULL,
    unbatched_created    bigint NOT NULL DEFAULT 0,
    unbatched_updated    bigint NOT NULL DEFAULT 0,
    unbatched_unchanged  bigint NOT NULL DEFAULT 0,
    unbatched_stale      bigint NOT NULL DEFAULT 0,
    unbatched_duplicate  bigint NOT NULL DEFAULT 0,
    unbatched_failed     bigint NOT NULL DEFAULT 0,
    unbatched_suppressed bigint NOT NULL DEFAULT 0,
    fields_changed       bigint NOT NULL,
    fields_stale         bigint NOT NULL,
    no_match             bigint NOT NULL,
    problem_rows         bigint NOT NULL,
    kept_error_rows      bigint NOT NULL DEFAULT 0,
    notices              text    NOT NULL,
    failure              text,
    cancel_requested     boolean NOT NULL,
    started_at           timestamptz    NOT NULL,
    finished_at          timestamptz,
    UNIQUE (sync_id, seq),
    UNIQUE (sync_id, request_key)
);

CREATE INDEX ix_runs_finished ON runs (finished_at) WHERE finished_at IS NOT NULL;

-- digests: every recorded row at last_cursor, to continue an interrupted read; kept_digests: those that did not fail, for the next run.
CREATE TABLE run_pages
(
    run_id       uuid    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    page         integer NOT NULL,
    row_count    integer NOT NULL,
    acknowledged boolean NOT NULL,
    last_cursor  text COLLATE "C"    NOT NULL,
    digests      bytea    NOT NULL,
    kept_digests bytea,
    payload      bytea,
    PRIMARY KEY (run_id, page)
);

CREATE TABLE run_errors
(
    run_id    uuid    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    page      integer NOT NULL,
    row_index integer NOT NULL,
    content   text    NOT NULL,
    PRIMARY KEY (run_id, page, row_index)
);

CREATE TABLE run_error_codes
(
    run_id    uuid    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    code      text COLLATE "C"    NOT NULL,
    page      integer NOT NULL,
    row_index integer NOT NULL,
    PRIMARY KEY (run_id, code, page, row_index)
);

-- Rows per code, also of rows beyond the number kept.
CREATE TABLE run_error_counts
(
    run_id    uuid    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    code      text COLLATE "C"    NOT NULL,
    severity  text    NOT NULL,
    row_count integer NOT NULL,
    PRIMARY KEY (run_id, code, severity)
);

-- One row per applied batch. The counts are changes to the run's totals and may be negative.
CREATE TABLE ledger
(
    run_id     uuid    NOT NULL,
    page       integer NOT NULL,
    part       integer NOT NULL,
    created    bigint NOT NULL,
    updated    bigint NOT NULL,
    unchanged  bigint NOT NULL,
    stale      bigint NOT NULL,
    duplicate  bigint NOT NULL,
    failed     bigint NOT NULL,
    suppressed bigint NOT NULL,
    entry      bytea    NOT NULL,
    PRIMARY KEY (run_id, page, part)
);

-- document: the current values as plain JSON. The name keys are the names in lower case, written by the service because
-- what lower() does here depends on the database's locale.
CREATE TABLE profiles
(
    id             uuid    NOT NULL PRIMARY KEY,
    row_version    bigint NOT NULL,
    created_at     timestamptz    NOT NULL,
    updated_at     timestamptz    NOT NULL,
    first_source   uuid    NOT NULL,
    last_source    uuid    NOT NULL,
    first_name_key text COLLATE "C",
    last_name_key  text COLLATE "C",
    document       jsonb    NOT NULL,
    versions       bytea    NOT NULL
);

CREATE INDEX ix_profiles_first_name ON profiles (first_name_key) WHERE first_name_key IS NOT NULL;
CREATE INDEX ix_profiles_last_name ON profiles (last_name_key) WHERE last_name_key IS NOT NULL;

-- At most one profile holds an identifier. value_key: the value in lower case where that differs, for searching.
CREATE TABLE identifiers
(
    kind        text COLLATE "C"    NOT NULL,
    value       text COLLATE "C"    NOT NULL,
    value_key   text COLLATE "C",
    holder      uuid,
    contenders  uuid[],
    row_version bigint NOT NULL,
    PRIMARY KEY (kind, value)
);

CREATE INDEX ix_identifiers_value_key ON identifiers (value_key) WHERE value_key IS NOT NULL;

-- History, append only: the field changes that one source row made to one profile are one row here. A row per field would write ten times as
-- many rows and index entries for a profile of ten fields. fields is json, not jsonb: values must come back letter by letter.
-- Partitioned by month, so that retention drops whole partitions; ensure_changes_month makes one.
CREATE TABLE changes
(
    profile_id uuid        NOT NULL,
    first_id   uuid        NOT NULL,
    last_id    uuid        NOT NULL,
    applied_at timestamptz NOT NULL,
    sync_id    uuid        NOT NULL,
    run_id     uuid        NOT NULL,
    page       integer     NOT NULL,
    row_index  integer     NOT NULL,
    instant    text COLLATE "C" NOT NULL,
    fields     json        NOT NULL
) PARTITION BY RANGE (applied_at);

CREATE INDEX ix_changes_profile ON changes (profile_id, last_id);

-- Makes the partition of the month that holds a time. It is built on the side and attached, which keeps readers and writers going.
CREATE FUNCTION ensure_changes_month(moment timestamptz)
RETURNS void LANGUAGE plpgsql AS
$$
DECLARE
    first_day date := date_trunc('month', moment AT TIME ZONE 'UTC');
    partition_name text := 'changes_' || to_char(first_day, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('warehouse-import changes partitions'));
    IF to_regclass(quote_ident(partition_name)) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE changes INCLUDING DEFAULTS)', partition_name);
    EXECUTE format('ALTER TABLE changes ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition_name,
        first_day::timestamp AT TIME ZONE 'UTC', (first_day + interval '1 month')::timestamp AT TIME ZONE 'UTC');
END
$$;

-- Drops the partitions that end at or before a time; returns how many.
CREATE FUNCTION drop_changes_before(moment timestamptz)
RETURNS bigint LANGUAGE plpgsql AS
$$
DECLARE
    partition_name text;
    dropped bigint := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('warehouse-import changes partitions'));
    FOR partition_name IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'changes'::regclass
            AND (to_date(substr(c.relname, 9), 'YYYY_MM') + interval '1 month')::timestamp AT TIME ZONE 'UTC' <= moment
    LOOP
        EXECUTE format('DROP TABLE %I', partition_name);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

-- The letters of a ULID kept as uuid, as the API and the console show it: SELECT ulid_text(id), document FROM profiles.
CREATE FUNCTION ulid_text(id uuid)
RETURNS text LANGUAGE sql IMMUTABLE STRICT AS
$$
    SELECT string_agg(substr('0123456789ABCDEFGHJKMNPQRSTVWXYZ', (substr(bits, place, 5)::bit(5))::integer + 1, 1), '' ORDER BY place)
    FROM (SELECT '00' || (('x' || replace(id::text, '-', ''))::bit(128))::text AS bits) AS packed, generate_series(1, 126, 5) AS place
$$;

CREATE TABLE settings
(
    key   text NOT NULL PRIMARY KEY,
    value text NOT NULL
);

CREATE TABLE key_ring
(
    id  bigint NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xml text    NOT NULL
);
