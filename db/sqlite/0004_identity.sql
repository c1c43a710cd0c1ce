-- former: a profile that stated the identifier once, where nobody states it now; it may have been merged into another since.
ALTER TABLE identifiers ADD COLUMN former TEXT;

-- profile_a < profile_b: the pair as it was seen, for all time. low <= high: the same pair after all merges; equal once the two are one.
CREATE TABLE possible_duplicates
(
    profile_a    TEXT NOT NULL,
    profile_b    TEXT NOT NULL,
    low          TEXT NOT NULL,
    high         TEXT NOT NULL,
    reason       TEXT NOT NULL,
    kind         TEXT NOT NULL,
    value        TEXT NOT NULL,
    first_seen   TEXT NOT NULL,
    last_seen    TEXT NOT NULL,
    sync_id      TEXT NOT NULL,
    run_id       TEXT NOT NULL,
    dismissed_at TEXT,
    dismissed_by TEXT,
    PRIMARY KEY (profile_a, profile_b)
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_possible_duplicates_pair ON possible_duplicates (low, high);
CREATE INDEX ix_possible_duplicates_high ON possible_duplicates (high);

-- Both profiles in full before a merge, and the kept one after it, as JSON.
CREATE TABLE profile_merges
(
    id          TEXT NOT NULL PRIMARY KEY,
    kept_before TEXT NOT NULL,
    removed     TEXT NOT NULL,
    kept_after  TEXT NOT NULL,
    sync_id     TEXT NOT NULL,
    run_id      TEXT NOT NULL,
    merged_by   TEXT,
    merged_at   TEXT NOT NULL,
    undone_at   TEXT,
    undone_by   TEXT
) STRICT;

-- merged_into: the profile the removed one was merged into; kept: the one at the end of the chain, so that every look-up is one step.
CREATE TABLE profile_forwards
(
    removed     TEXT NOT NULL PRIMARY KEY,
    merged_into TEXT NOT NULL,
    kept        TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX ix_profile_forwards_merged_into ON profile_forwards (merged_into);
CREATE INDEX ix_profile_forwards_kept ON profile_forwards (kept);
