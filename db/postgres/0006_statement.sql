-- What the warehouse calls the statement of request_id (a handle, a job), so that another process asks for the same stored result (R5).
ALTER TABLE runs ADD COLUMN statement text;
