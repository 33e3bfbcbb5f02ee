-- What the core was given beside the second's column, step by step: all that a replay needs. `json` depends on `kind`.
CREATE TABLE input (
    id INTEGER PRIMARY KEY,
    t INTEGER NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('house', 'frame', 'step', 'digest')),
    json TEXT NOT NULL
);
CREATE INDEX input_frame ON input (t) WHERE kind = 'frame';
