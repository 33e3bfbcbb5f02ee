-- The core is given plans too: the kind `plan`, one row each time that another one, or none, comes into force.
CREATE TABLE wider (
    id INTEGER PRIMARY KEY,
    t INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('house', 'frame', 'step', 'digest', 'plan')),
    json TEXT NOT NULL
);
INSERT INTO wider SELECT id, t, kind, json FROM input;
DROP TABLE input;
ALTER TABLE wider RENAME TO input;
CREATE INDEX input_frame ON input (t) WHERE kind = 'frame';
CREATE INDEX input_plan ON input (t) WHERE kind = 'plan';
