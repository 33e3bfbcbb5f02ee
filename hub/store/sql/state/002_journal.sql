-- The journal: asked, value, applied, reason, limits and inputs are JSON; `bytes` is the row's share of the budget.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    t INTEGER NOT NULL,
    kind TEXT NOT NULL,
    point TEXT NOT NULL,
    request TEXT NOT NULL,
    asked TEXT NOT NULL,
    value TEXT NOT NULL,
    source TEXT NOT NULL,
    person TEXT NOT NULL,
    cause TEXT NOT NULL,
    reason TEXT NOT NULL,
    limits TEXT NOT NULL,
    inputs TEXT NOT NULL,
    state TEXT NOT NULL,
    applied TEXT NOT NULL,
    ms REAL,
    bytes INTEGER NOT NULL
);
CREATE INDEX journal_point_t ON journal (point, t);
CREATE INDEX journal_t ON journal (t);
INSERT INTO meta (k, v) VALUES ('journal_bytes', 0);
CREATE TRIGGER journal_grows AFTER INSERT ON journal BEGIN
    UPDATE meta SET v = v + new.bytes WHERE k = 'journal_bytes';
END;
CREATE TRIGGER journal_shrinks AFTER DELETE ON journal BEGIN
    UPDATE meta SET v = v - old.bytes WHERE k = 'journal_bytes';
END;
