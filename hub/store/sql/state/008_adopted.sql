-- Devices that were taken into the house on its page: the tables of the site document that it does not have.
-- Secrets in `json` are sealed; the key lies in a file of its own.
CREATE TABLE adopted (
    id TEXT PRIMARY KEY,
    t INTEGER NOT NULL,
    author TEXT NOT NULL,
    json TEXT NOT NULL
) WITHOUT ROWID;
