-- Forecasts of load and panels as they were issued, one of each quarter-hour. `body`: low, mid, high and mean in W, as
-- packed by hub/store/foresight.py. Times in UTC ms.
CREATE TABLE forecast (
    quantity TEXT NOT NULL CHECK (quantity IN ('load', 'pv')),
    start INTEGER NOT NULL,
    made INTEGER NOT NULL,
    seconds INTEGER NOT NULL,
    author TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (quantity, start)
) WITHOUT ROWID;

-- How each forecaster would have done on a local day (days since 1970-01-01), in W; `day_before_*`: what the day before
-- would have got wrong on the same steps.
CREATE TABLE forecast_score (
    quantity TEXT NOT NULL CHECK (quantity IN ('load', 'pv')),
    day INTEGER NOT NULL,
    author TEXT NOT NULL,
    steps INTEGER NOT NULL,
    mae REAL NOT NULL,
    rmse REAL NOT NULL,
    bias REAL NOT NULL,
    covered REAL NOT NULL,
    day_before_mae REAL NOT NULL,
    day_before_rmse REAL NOT NULL,
    PRIMARY KEY (quantity, day, author)
) WITHOUT ROWID;

-- Plans that were in force, the last of each quarter-hour: `body` is the plan as JSON, deflated.
CREATE TABLE plan_made (
    start INTEGER PRIMARY KEY,
    made INTEGER NOT NULL,
    good_until INTEGER NOT NULL,
    body BLOB NOT NULL
);
