-- What must not be lost. Times are UTC milliseconds.
CREATE TABLE meta (k TEXT PRIMARY KEY, v NOT NULL) WITHOUT ROWID;
CREATE TABLE site_version (
    id INTEGER PRIMARY KEY, t INTEGER NOT NULL, author TEXT NOT NULL, note TEXT NOT NULL, toml TEXT NOT NULL
);
CREATE TABLE account (
    name TEXT PRIMARY KEY, role TEXT NOT NULL, hash TEXT NOT NULL, created INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE token (
    id INTEGER PRIMARY KEY,
    account TEXT NOT NULL REFERENCES account (name) ON DELETE CASCADE,
    kind TEXT NOT NULL CHECK (kind IN ('session', 'bearer')),
    hash TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    expires INTEGER,            -- NULL: never
    last_used INTEGER NOT NULL,
    note TEXT NOT NULL
);
CREATE TABLE intent (
    point TEXT PRIMARY KEY, value TEXT NOT NULL, t INTEGER NOT NULL, person TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE request (
    id TEXT PRIMARY KEY,
    point TEXT NOT NULL,
    relation TEXT NOT NULL,
    value TEXT NOT NULL,        -- JSON
    source TEXT NOT NULL,
    person TEXT NOT NULL,
    cause TEXT NOT NULL,
    starts INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    state TEXT NOT NULL,
    answer TEXT                 -- JSON
) WITHOUT ROWID;
CREATE INDEX request_ends ON request (ends);
-- `uid` for ever, `id` may be renamed.
CREATE TABLE device (
    uid TEXT PRIMARY KEY, id TEXT NOT NULL UNIQUE, role TEXT NOT NULL, json TEXT NOT NULL
) WITHOUT ROWID;
