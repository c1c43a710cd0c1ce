-- Uploaded files, in chunks of half a megabyte. A file without description is still being received, or was left by a process that ended.

CREATE TABLE uploads
(
    id          TEXT NOT NULL PRIMARY KEY,
    name        TEXT NOT NULL,
    bytes       INTEGER,
    description TEXT,
    created_at  TEXT NOT NULL
) STRICT;

CREATE INDEX ix_uploads_created ON uploads (created_at);

CREATE TABLE upload_chunks
(
    upload_id TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    chunk     INTEGER NOT NULL,
    content   BLOB NOT NULL,
    PRIMARY KEY (upload_id, chunk)
) STRICT;

-- A job is a run; it is stored before its run, hence no reference.
CREATE TABLE upload_jobs
(
    run_id     TEXT NOT NULL PRIMARY KEY,
    upload_id  TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    plan       TEXT NOT NULL,
    created_at TEXT NOT NULL
) STRICT;

CREATE INDEX ix_upload_jobs_upload ON upload_jobs (upload_id);
