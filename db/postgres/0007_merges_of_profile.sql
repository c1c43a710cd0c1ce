-- The two profiles of a merge by their letters, as the stored profiles write them, so that a profile's merges are found without reading every one.
ALTER TABLE profile_merges ADD COLUMN kept_id text, ADD COLUMN removed_id text;

UPDATE profile_merges SET kept_id = kept_before::json ->> 'id', removed_id = removed::json ->> 'id';

CREATE INDEX ix_profile_merges_kept ON profile_merges (kept_id, id);
CREATE INDEX ix_profile_merges_removed ON profile_merges (removed_id, id);
