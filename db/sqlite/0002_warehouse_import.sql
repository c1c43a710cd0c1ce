-- Instants of a source are text of fixed width that sorts like the instants. Times of this service are UTC text to the microsecond.
-- ULIDs are their 26 letters, which sort like the ULIDs and are what the API shows.

CREATE TABLE connections
(
    id         TEXT    NOT NULL PRIMARY KEY,
    name       TEXT    NOT NULL,
    name_key   TEXT    NOT NULL UNIQUE,
    type       TEXT    NOT NULL,
    settings   TEXT    NOT NULL,
    secrets    TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    created_at TEXT    NOT NULL,
    updated_at TEXT    NOT NULL
) STRICT;

CREATE TABLE syncs
(
    id                   TEXT    NOT NULL PRIMARY KEY,
    name                 TEXT    NOT NULL,
    name_key             TEXT    NOT NULL UNIQUE,
    connection_id        TEXT    NOT NULL REFERENCES connections (id),
    definition           TEXT    NOT NULL,
    mapping_version      INTEGER NOT NULL,
    status               TEXT    NOT NULL,
    version              INTEGER NOT NULL,
    fence                INTEGER NOT NULL,
    active_run_id        TEXT,
    last_run_seq         INTEGER NOT NULL,
    watermark            TEXT,
    boundary_run_id      TEXT,
    consecutive_failures INTEGER NOT NULL,
    created_at           TEXT    NOT NULL,
    updated_at           TEXT    NOT NULL
) STRICT;

CREATE INDEX ix_syncs_connection ON syncs (connection_id);

CREATE TABLE sync_mappings
(
    sync_id         TEXT    NOT NULL REFERENCES syncs (id) ON DELETE CASCADE,
    mapping_version INTEGER NOT NULL,
    definition      TEXT    NOT NULL,
    PRIMARY KEY (sync_id, mapping_version)
) STRICT;

-- Imports by API are runs without a sync row, hence no reference.
CREATE TABLE runs
(
    id                   TEXT    NOT NULL PRIMARY KEY,
    sync_id              TEXT    NOT NULL,
    seq                  INTEGER NOT NULL,
    fence                INTEGER NOT NULL,
    run_trigger          TEXT    NOT NULL,
    is_dry_run           INTEGER NOT NULL,
    is_full              INTEGER NOT NULL,
    status               TEXT    NOT NULL,
    mapping_version      INTEGER NOT NULL,
    partitions           INTEGER NOT NULL,
    request_id           TEXT    NOT NULL,
    due_at               TEXT,
    request_key          TEXT,
    read_window          TEXT,
    read_rows            INTEGER NOT NULL,
    created              INTEGER NOT NULL,
    updated              INTEGER NOT NULL,
    unchanged            INTEGER NOT NULL,
    stale                INTEGER NOT NULL,
    duplicate            INTEGER NOT NULL,
    failed               INTEGER NOT NULL,
    suppressed           INTEGER NOT NULL,
    unbatched_created    INTEGER NOT NULL DEFAULT 0,
    unbatched_updated    INTEGER NOT NULL DEFAULT 0,
    unbatched_unchanged  INTEGER NOT NULL DEFAULT 0,
    unbatched_stale      INTEGER NOT NULL DEFAULT 0,
    unbatched_duplicate  INTEGER NOT NULL DEFAULT 0,
    unbatched_failed     INTEGER NOT NULL DEFAULT 0,
    unbatched_suppressed INTEGER NOT NULL DEFAULT 0,
    fields_changed       INTEGER NOT NULL,
    fields_stale         INTEGER NOT NULL,
    no_match             INTEGER NOT NULL,
    problem_rows         INTEGER NOT NULL,
    kept_error_rows      INTEGER NOT NULL DEFAULT 0,
    notices              TEXT    NOT NULL,
    failure              TEXT,
    cancel_requested     INTEGER NOT NULL,
    started_at           TEXT    NOT NULL,
    finished_at          TEXT,
    UNIQUE (sync_id, seq),
    UNIQUE (sync_id, request_key)
) STRICT;

CREATE INDEX ix_runs_finished ON runs (finished_at) WHERE finished_at IS NOT NULL;

-- digests: every recorded row at last_cursor, to continue an interrupted read; kept_digests: those that did not fail, for the next run.
CREATE TABLE run_pages
(
    run_id       TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    page         INTEGER NOT NULL,
    row_count    INTEGER NOT NULL,
    acknowledged INTEGER NOT NULL,
    last_cursor  TEXT    NOT NULL,
    digests      BLOB    NOT NULL,
    kept_digests BLOB,
    payload      BLOB,
    PRIMARY KEY (run_id, page)
) STRICT;

CREATE TABLE run_errors
(
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    page      INTEGER NOT NULL,
    row_index INTEGER NOT NULL,
    content   TEXT    NOT NULL,
    PRIMARY KEY (run_id, page, row_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE run_error_codes
(
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    code      TEXT    NOT NULL,
    page      INTEGER NOT NULL,
    row_index INTEGER NOT NULL,
    PRIMARY KEY (run_id, code, page, row_index)
) STRICT, WITHOUT ROWID;

-- Rows per code, also of rows beyond the number kept.
CREATE TABLE run_error_counts
(
    run_id    TEXT    NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    code      TEXT    NOT NULL,
    severity  TEXT    NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (run_id, code, severity)
) STRICT, WITHOUT ROWID;

-- One row per applied batch. The counts are changes to the run's totals and may be negative.
CREATE TABLE ledger
(
    run_id     TEXT    NOT NULL,
    page       INTEGER NOT NULL,
    part       INTEGER NOT NULL,
    created    INTEGER NOT NULL,
    updated    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    stale      INTEGER NOT NULL,
    duplicate  INTEGER NOT NULL,
    failed     INTEGER NOT NULL,
    suppressed INTEGER NOT NULL,
    entry      BLOB    NOT NULL,
    PRIMARY KEY (run_id, page, part)
) STRICT;

-- document: the current values as plain JSON. The name keys are the names in lower case, written by the service because
-- SQLite folds ASCII letters only.
CREATE TABLE profiles
(
    id             TEXT    NOT NULL PRIMARY KEY,
    row_version    INTEGER NOT NULL,
    created_at     TEXT    NOT NULL,
    updated_at     TEXT    NOT NULL,
    first_source   TEXT    NOT NULL,
    last_source    TEXT    NOT NULL,
    first_name_key TEXT,
    last_name_key  TEXT,
    document       TEXT    NOT NULL,
    versions       BLOB    NOT NULL
) STRICT;

CREATE INDEX ix_profiles_first_name ON profiles (first_name_key) WHERE first_name_key IS NOT NULL;
CREATE INDEX ix_profiles_last_name ON profiles (last_name_key) WHERE last_name_key IS NOT NULL;

-- At most one profile holds an identifier. value_key: the value in lower case where that differs, for searching.
CREATE TABLE identifiers
(
    kind        TEXT    NOT NULL,
    value       TEXT    NOT NULL,
    value_key   TEXT,
    holder      TEXT,
    contenders  TEXT,
    row_version INTEGER NOT NULL,
    PRIMARY KEY (kind, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_identifiers_value_key ON identifiers (value_key) WHERE value_key IS NOT NULL;

-- History, append only: the field changes that one source row made to one profile are one row here. A row per field would write ten times as
-- many rows and index entries for a profile of ten fields. seq grows with applied_at, so retention walks it from its beginning.
CREATE TABLE changes
(
    seq        INTEGER NOT NULL PRIMARY KEY,
    profile_id TEXT    NOT NULL,
    first_id   TEXT    NOT NULL,
    last_id    TEXT    NOT NULL,
    applied_at TEXT    NOT NULL,
    sync_id    TEXT    NOT NULL,
    run_id     TEXT    NOT NULL,
    page       INTEGER NOT NULL,
    row_index  INTEGER NOT NULL,
    instant    TEXT    NOT NULL,
    fields     TEXT    NOT NULL
) STRICT;

CREATE INDEX ix_changes_profile ON changes (profile_id, last_id);

CREATE TABLE settings
(
    key   TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE key_ring
(
    id  INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    xml TEXT    NOT NULL
) STRICT;
