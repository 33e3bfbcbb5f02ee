-- Prices as their source told them, every correction of each: `known` is from when on the hub has counted with it, so
-- that what was decided can be decided again. Times in UTC ms; prices in 1e-5 of the currency per kWh.
CREATE TABLE rate (
    source TEXT NOT NULL,
    start INTEGER NOT NULL,
    known INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    currency TEXT NOT NULL,
    import INTEGER NOT NULL,
    export INTEGER,
    provisional INTEGER NOT NULL,
    PRIMARY KEY (source, start, known)
) WITHOUT ROWID;

-- Forecasts as their source told them: `json` is the list of values, null where nothing was told.
CREATE TABLE outlook (
    source TEXT NOT NULL,
    quantity TEXT NOT NULL,
    made INTEGER NOT NULL,
    start INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (source, quantity, made)
) WITHOUT ROWID;
