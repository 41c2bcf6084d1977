-- Why: who used which model for how much, and what may be spent.
-- Money is whole nano-dollars; NULL where the model has no price. `key` is an API key's id, '' for
-- people. Ids are kept when who they named is gone: the bill was paid all the same.

CREATE TABLE usage_requests (
    at INTEGER NOT NULL,
    request_id TEXT NOT NULL,
    org TEXT NOT NULL,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    provider TEXT NOT NULL,
    account TEXT NOT NULL,
    model TEXT NOT NULL,
    wire TEXT NOT NULL,
    status INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cache_write_long_tokens INTEGER NOT NULL,
    is_estimated INTEGER NOT NULL,
    cost_nano INTEGER,
    duration_ms INTEGER NOT NULL
);
CREATE INDEX usage_requests_by_time ON usage_requests (at);

-- `day` counts days since 1970-01-01 in UTC.
CREATE TABLE usage_days (
    day INTEGER NOT NULL,
    org TEXT NOT NULL,
    user TEXT NOT NULL,
    key TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    requests INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    unpriced INTEGER NOT NULL,
    estimated INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    cache_write_tokens INTEGER NOT NULL,
    cost_nano INTEGER NOT NULL,
    PRIMARY KEY (day, org, user, key, provider, model)
) WITHOUT ROWID;
CREATE INDEX usage_days_by_org ON usage_days (org, day);
CREATE INDEX usage_days_by_user ON usage_days (user, day);

-- `org` is whose budget it is, '' for the server's own. `subject`: whom it binds, '*' for each one.
CREATE TABLE budgets (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'user', 'key')),
    subject TEXT NOT NULL,
    model TEXT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month')),
    is_hard INTEGER NOT NULL,
    limit_nano INTEGER NOT NULL CHECK (limit_nano >= 0),
    contact TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (org, scope, subject, model, period, is_hard)
);

-- models: a JSON array of patterns; NULL allows every model. keep_days 0: no request is kept.
CREATE TABLE org_proxy_settings (
    org TEXT PRIMARY KEY,
    models TEXT,
    keep_days INTEGER NOT NULL DEFAULT 0,
    updated_by TEXT NOT NULL,
    updated_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE kept_requests (
    id TEXT PRIMARY KEY,
    org TEXT NOT NULL,
    user TEXT NOT NULL,
    request_id TEXT NOT NULL,
    provider TEXT NOT NULL,
    model TEXT NOT NULL,
    at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX kept_requests_by_org ON kept_requests (org, at);
CREATE INDEX kept_requests_by_expiry ON kept_requests (expires_at);
