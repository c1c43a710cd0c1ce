-- Uploaded files, in chunks of half a megabyte. A file without description is still being received, or was left by a process that ended.

CREATE TABLE uploads
(
    id          uuid NOT NULL PRIMARY KEY,
    name        text NOT NULL,
    bytes       bigint,
    description text,
    created_at  timestamptz NOT NULL
);

CREATE INDEX ix_uploads_created ON uploads (created_at);

CREATE TABLE upload_chunks
(
    upload_id uuid NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    chunk     integer NOT NULL,
    content   bytea NOT NULL,
    PRIMARY KEY (upload_id, chunk)
);

-- A job is a run; it is stored before its run, hence no reference.
CREATE TABLE upload_jobs
(
    run_id     uuid NOT NULL PRIMARY KEY,
    upload_id  uuid NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    plan       text NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE INDEX ix_upload_jobs_upload ON upload_jobs (upload_id);
