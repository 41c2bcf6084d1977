-- Why: what runs by itself has a history.
-- A job is run by whoever holds its lease; one that was not renewed in time is anybody's.
CREATE TABLE jobs (
    id TEXT PRIMARY KEY,
    is_enabled INTEGER NOT NULL DEFAULT 1,
    next_at INTEGER,
    failures INTEGER NOT NULL DEFAULT 0,
    lease TEXT NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE job_runs (
    id TEXT PRIMARY KEY,
    job TEXT NOT NULL REFERENCES jobs (id),
    status TEXT NOT NULL CHECK (status IN ('running', 'succeeded', 'failed', 'cancelled')),
    triggered_by TEXT NOT NULL CHECK (triggered_by IN ('schedule', 'manual', 'retry')),
    retry_count INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    completed_at INTEGER,
    result TEXT NOT NULL DEFAULT '',
    error TEXT NOT NULL DEFAULT '',
    is_cancelled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX job_runs_by_job ON job_runs (job, started_at);
CREATE INDEX job_runs_by_time ON job_runs (started_at);
