-- The ring: seconds of all series. Times are UTC seconds.
-- `series`: never deleted, ids never reused. A changed scale, unit or choice list is a new series under the same key.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL,          -- uid.quantity
    kind TEXT NOT NULL,
    scale REAL NOT NULL,        -- stored integer x scale = value in `unit`
    unit TEXT NOT NULL,
    choices TEXT NOT NULL,      -- JSON list
    boolean INTEGER NOT NULL,   -- 1: stored 0 and 1 mean false and true
    made_at INTEGER NOT NULL
);
-- `hot`: what has been flushed of hours that are not sealed yet.
CREATE TABLE hot (seq INTEGER PRIMARY KEY, b BLOB NOT NULL);
-- `hour`: t is the hour's first second; dir: (id, offset, length) of each chunk in b.
CREATE TABLE hour (t INTEGER PRIMARY KEY, dir BLOB NOT NULL, b BLOB NOT NULL);
