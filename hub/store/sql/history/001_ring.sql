-- The ring: the past of all series. Times are UTC seconds, days and months count from 1970; every blob has its checksum.
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
-- `hour`: t is the hour's first second; dir: (id, offset, length) of each chunk in b; whole 0: more is to come.
CREATE TABLE hour (t INTEGER PRIMARY KEY, whole INTEGER NOT NULL, dir BLOB NOT NULL, b BLOB NOT NULL);
-- Packed days. Keys are period << 16 | series; the period is the day in raw and m1, the month in the others.
CREATE TABLE raw (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE m1 (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE m15 (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE h1 (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE d1 (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
CREATE TABLE energy (id INTEGER PRIMARY KEY, b BLOB NOT NULL);
-- `reading`: the last one of each counter in the packed days.
CREATE TABLE reading (series INTEGER PRIMARY KEY, t INTEGER NOT NULL, value INTEGER NOT NULL);
-- `event`: what must not be papered over: resets, swaps, rollovers, shifts of the clock, imports, damage.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    t INTEGER NOT NULL,
    series INTEGER NOT NULL,    -- 0: all
    kind TEXT NOT NULL,
    numbers TEXT NOT NULL       -- JSON
);
-- `joined`: by the owner's word, the series of `before` (a uid) are the past of those of `uid` until t.
CREATE TABLE joined (uid TEXT NOT NULL, before TEXT NOT NULL, t INTEGER NOT NULL, PRIMARY KEY (uid, before));
-- `meta`: packed_until (day), registry (a second copy of `series`), wear (bytes written by day).
CREATE TABLE meta (k TEXT PRIMARY KEY, v BLOB NOT NULL) WITHOUT ROWID;
