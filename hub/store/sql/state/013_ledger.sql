-- The problem that was planned at the begin of a local day (days since 1970-01-01): JSON, deflated, as packed by
-- hub/store/ledgers.py. Kept until nobody asks for its ledger any more.
CREATE TABLE day_begun (
    day INTEGER PRIMARY KEY,
    body BLOB NOT NULL
);

-- What a local day cost more than it had to, JSON, deflated; `lacks`: why there is no ledger of it, else empty.
CREATE TABLE ledger (
    day INTEGER PRIMARY KEY,
    lacks TEXT NOT NULL,
    body BLOB NOT NULL
);
