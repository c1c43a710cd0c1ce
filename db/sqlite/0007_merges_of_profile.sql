-- The two profiles of a merge, so that a profile's merges are found without reading what is stored of every one.
ALTER TABLE profile_merges ADD COLUMN kept_id TEXT;
ALTER TABLE profile_merges ADD COLUMN removed_id TEXT;

UPDATE profile_merges SET kept_id = kept_before ->> '$.id', removed_id = removed ->> '$.id';

CREATE INDEX ix_profile_merges_kept ON profile_merges (kept_id, id);
CREATE INDEX ix_profile_merges_removed ON profile_merges (removed_id, id);
