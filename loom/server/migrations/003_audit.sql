-- Why: what was done is kept in a chain in which a missing link shows.
-- `body` is what the hash covers, byte for byte; the columns that questions ask for are read out of
-- it, so that nothing can be changed beside it. key_id names the key of the hash, '' for none.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    key_id TEXT NOT NULL DEFAULT '',
    body TEXT NOT NULL,
    at INTEGER AS (body ->> '$.at'),
    type TEXT AS (body ->> '$.type'),
    actor TEXT AS (body ->> '$.actor_id'),
    org TEXT AS (body ->> '$.org_id'),
    resource TEXT AS (body ->> '$.resource')
);
CREATE INDEX audit_by_at ON audit (at);
CREATE INDEX audit_by_type ON audit (type);
CREATE INDEX audit_by_actor ON audit (actor) WHERE actor IS NOT NULL;
CREATE INDEX audit_by_org ON audit (org) WHERE org IS NOT NULL;
CREATE INDEX audit_by_resource ON audit (resource) WHERE resource IS NOT NULL;

-- The line before the first one that is kept ('start'), and the last one ('head'). `proof` is keyed
-- as the lines are: whoever cannot write lines cannot move the ends of the chain either.
CREATE TABLE audit_marks (
    kind TEXT PRIMARY KEY CHECK (kind IN ('start', 'head')),
    seq INTEGER NOT NULL,
    hash BLOB NOT NULL,
    key_id TEXT NOT NULL,
    proof BLOB NOT NULL
) WITHOUT ROWID;
