-- Why: the owner of a thread on a team's server shows it to whoever has a link, and to the support.

-- One link a thread, of which only the token's SHA-256 is kept; without expires_at until revoked.
CREATE TABLE share_links (
    thread INTEGER PRIMARY KEY REFERENCES threads (key),
    token_hash BLOB NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
);

-- What the support asked for, until the owner grants it (granted_at) or takes it back (no row).
CREATE TABLE support_access (
    thread INTEGER PRIMARY KEY REFERENCES threads (key),
    requested_by TEXT NOT NULL DEFAULT '',
    requested_at INTEGER,
    reason TEXT NOT NULL DEFAULT '',
    granted_at INTEGER,
    expires_at INTEGER
);
