-- What people have planned: rules and schedules, every version of each. The newest one counts, unless it is removed.
CREATE TABLE plan (
    kind TEXT NOT NULL CHECK (kind IN ('rule', 'schedule')),
    id TEXT NOT NULL,
    version INTEGER NOT NULL,
    t INTEGER NOT NULL,
    author TEXT NOT NULL,
    removed INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (kind, id, version)
) WITHOUT ROWID;
