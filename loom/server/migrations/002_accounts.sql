-- Why: a team's server knows people, what they belong to, and the credentials they show.
-- Every credential is stored as the SHA-256 of its 256 random bits, never as itself.
-- Times are Unix milliseconds. A user who was deleted keeps the row (deleted_at, then a tombstone).

CREATE TABLE users (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL DEFAULT '',
    email TEXT COLLATE NOCASE UNIQUE,
    avatar_url TEXT NOT NULL DEFAULT '',
    locale TEXT NOT NULL DEFAULT '',
    is_system_admin INTEGER NOT NULL DEFAULT 0,
    is_support INTEGER NOT NULL DEFAULT 0,
    is_auditor INTEGER NOT NULL DEFAULT 0,
    default_org TEXT REFERENCES organizations (id),
    -- Deleted by themselves: signing in again can undo it. What an admin deleted, an admin restores.
    may_return INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    purged_at INTEGER
);

-- `subject` is the provider's own id of the person: it stays when the e-mail changes.
CREATE TABLE identities (
    provider TEXT NOT NULL,
    subject TEXT NOT NULL,
    user TEXT NOT NULL REFERENCES users (id),
    email TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    PRIMARY KEY (provider, subject)
) WITHOUT ROWID;
CREATE INDEX identities_by_user ON identities (user);

-- kind: web (cookie), cli (lt_ token). expires_at slides while it is used.
CREATE TABLE login_sessions (
    id TEXT PRIMARY KEY,
    user TEXT NOT NULL REFERENCES users (id),
    kind TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    created_at INTEGER NOT NULL,
    last_used_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ip TEXT NOT NULL DEFAULT '',
    user_agent TEXT NOT NULL DEFAULT '',
    impersonated_by TEXT REFERENCES users (id)
);
CREATE INDEX login_sessions_by_user ON login_sessions (user);
CREATE INDEX login_sessions_by_expiry ON login_sessions (expires_at);

-- RFC 8628: a device waits for a person who is signed in to approve its user code.
CREATE TABLE device_codes (
    device_hash BLOB PRIMARY KEY,
    user_code TEXT NOT NULL UNIQUE,
    client_id TEXT NOT NULL,
    client TEXT NOT NULL,
    ip TEXT NOT NULL DEFAULT '',
    user TEXT REFERENCES users (id),
    is_denied INTEGER NOT NULL DEFAULT 0,
    interval_ms INTEGER NOT NULL,
    polled_at INTEGER,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;

-- A link that signs in whoever has the mailbox, or the operator's word (is_operators); a newer one
-- of the same kind for the same address replaces it.
CREATE TABLE magic_links (
    token_hash BLOB PRIMARY KEY,
    email TEXT NOT NULL COLLATE NOCASE,
    next TEXT NOT NULL DEFAULT '',
    is_operators INTEGER NOT NULL DEFAULT 0,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX magic_links_by_email ON magic_links (email);

-- What a redirect to an identity provider must bring back: its state (SAML: the request's id), and
-- what is checked then. `arrival`: who came back, until the browser that began shows its cookie.
CREATE TABLE login_states (
    state_hash BLOB PRIMARY KEY,
    provider TEXT NOT NULL,
    browser_hash BLOB NOT NULL,
    nonce TEXT NOT NULL,
    code_verifier TEXT NOT NULL,
    next TEXT NOT NULL,
    arrival TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX login_states_by_expiry ON login_states (expires_at);

-- SAML assertions that were used; one that comes again is refused.
CREATE TABLE used_assertions (
    id_hash BLOB PRIMARY KEY,
    expires_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX used_assertions_by_expiry ON used_assertions (expires_at);

CREATE TABLE organizations (
    id TEXT PRIMARY KEY,
    slug TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    is_personal INTEGER NOT NULL DEFAULT 0,
    visibility TEXT NOT NULL DEFAULT 'private',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    deleted_at INTEGER,
    purged_at INTEGER
);

CREATE TABLE org_memberships (
    org TEXT NOT NULL REFERENCES organizations (id),
    user TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('owner', 'admin', 'member')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org, user)
) WITHOUT ROWID;
CREATE INDEX org_memberships_by_user ON org_memberships (user);

CREATE TABLE teams (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organizations (id),
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    UNIQUE (org, slug)
);

CREATE TABLE team_memberships (
    team TEXT NOT NULL REFERENCES teams (id),
    user TEXT NOT NULL REFERENCES users (id),
    role TEXT NOT NULL CHECK (role IN ('maintainer', 'member')),
    created_at INTEGER NOT NULL,
    PRIMARY KEY (team, user)
) WITHOUT ROWID;
CREATE INDEX team_memberships_by_user ON team_memberships (user);

-- Gone when accepted or revoked; what became of it is in the audit log.
CREATE TABLE org_invitations (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organizations (id),
    email TEXT NOT NULL COLLATE NOCASE,
    role TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    invited_by TEXT REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    UNIQUE (org, email)
);

CREATE TABLE org_join_requests (
    org TEXT NOT NULL REFERENCES organizations (id),
    user TEXT NOT NULL REFERENCES users (id),
    message TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    PRIMARY KEY (org, user)
) WITHOUT ROWID;

CREATE TABLE api_keys (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    hint TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_by TEXT NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    last_used_at INTEGER,
    expires_at INTEGER,
    revoked_at INTEGER
);
CREATE INDEX api_keys_by_org ON api_keys (org);
