-- former: a profile that stated the identifier once, where nobody states it now; it may have been merged into another since.
ALTER TABLE identifiers ADD COLUMN former uuid;

-- profile_a < profile_b: the pair as it was seen, for all time. low <= high: the same pair after all merges; equal once the two are one.
CREATE TABLE possible_duplicates
(
    profile_a    uuid NOT NULL,
    profile_b    uuid NOT NULL,
    low          uuid NOT NULL,
    high         uuid NOT NULL,
    reason       text NOT NULL,
    kind         text COLLATE "C" NOT NULL,
    value        text COLLATE "C" NOT NULL,
    first_seen   timestamptz NOT NULL,
    last_seen    timestamptz NOT NULL,
    sync_id      uuid NOT NULL,
    run_id       uuid NOT NULL,
    dismissed_at timestamptz,
    dismissed_by text,
    PRIMARY KEY (profile_a, profile_b)
);

CREATE INDEX ix_possible_duplicates_pair ON possible_duplicates (low, high);
CREATE INDEX ix_possible_duplicates_high ON possible_duplicates (high);

-- Both profiles in full before a merge, and the kept one after it, as JSON.
CREATE TABLE profile_merges
(
    id          uuid NOT NULL PRIMARY KEY,
    kept_before text NOT NULL,
    removed     text NOT NULL,
    kept_after  text NOT NULL,
    sync_id     uuid NOT NULL,
    run_id      uuid NOT NULL,
    merged_by   text,
    merged_at   timestamptz NOT NULL,
    undone_at   timestamptz,
    undone_by   text
);

-- merged_into: the profile the removed one was merged into; kept: the one at the end of the chain, so that every look-up is one step.
CREATE TABLE profile_forwards
(
    removed     uuid NOT NULL PRIMARY KEY,
    merged_into uuid NOT NULL,
    kept        uuid NOT NULL
);

CREATE INDEX ix_profile_forwards_merged_into ON profile_forwards (merged_into);
CREATE INDEX ix_profile_forwards_kept ON profile_forwards (kept);
