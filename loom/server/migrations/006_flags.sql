-- Why: features are turned on and off without a restart.
-- org is '' for the platform's own, which hold for every organization. `body` is a Flag's JSON.
CREATE TABLE flags (
    org TEXT NOT NULL,
    key TEXT NOT NULL,
    body TEXT NOT NULL,
    is_archived INTEGER NOT NULL DEFAULT 0,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (org, key)
) WITHOUT ROWID;

CREATE TABLE kill_switches (
    org TEXT NOT NULL,
    key TEXT NOT NULL,
    flags TEXT NOT NULL DEFAULT '[]',
    reason TEXT NOT NULL DEFAULT '',
    activated_by TEXT NOT NULL DEFAULT '',
    activated_at INTEGER,
    PRIMARY KEY (org, key)
) WITHOUT ROWID;
