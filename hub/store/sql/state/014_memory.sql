-- What the core remembers, written down at once when a device is switched: the kind `memory`, which no replay needs.
CREATE TABLE wider (
    id INTEGER PRIMARY KEY,
    t INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('house', 'frame', 'step', 'digest', 'plan', 'memory')),
    json TEXT NOT NULL
);
INSERT INTO wider SELECT id, t, kind, json FROM input;
DROP TABLE input;
ALTER TABLE wider RENAME TO input;
CREATE INDEX input_frame ON input (t) WHERE kind = 'frame';
CREATE INDEX input_plan ON input (t) WHERE kind = 'plan';
