-- SHA-256 in hex of the rows given with an import by API: another import under the same request key is refused, not answered with the first result.
ALTER TABLE runs ADD COLUMN request_digest text;
