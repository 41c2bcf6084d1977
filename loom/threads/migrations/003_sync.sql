-- Why: threads are found by branch, repository and file, belong to somebody on a team's server, and
-- are kept in step between the machines of a person and that server.
-- The server's rows have an owner; a machine's have none, and say in synced_version which of their
-- versions the server has.

ALTER TABLE threads ADD COLUMN length INTEGER NOT NULL DEFAULT 0;
ALTER TABLE threads ADD COLUMN owner TEXT NOT NULL DEFAULT '';
ALTER TABLE threads ADD COLUMN org TEXT NOT NULL DEFAULT '';
ALTER TABLE threads ADD COLUMN team TEXT NOT NULL DEFAULT '';
ALTER TABLE threads ADD COLUMN visibility TEXT NOT NULL DEFAULT 'organization';
ALTER TABLE threads ADD COLUMN mark TEXT NOT NULL DEFAULT '';
ALTER TABLE threads ADD COLUMN change INTEGER;
ALTER TABLE threads ADD COLUMN synced_version INTEGER NOT NULL DEFAULT 0;

-- length counts the visible conversation's entries: the head's ancestors, of which a fork's begin
-- in another thread.
UPDATE threads SET length = (
    WITH RECURSIVE ancestors (id, parent) AS (
        SELECT id, parent FROM entries WHERE id = threads.head
        UNION ALL
        SELECT entries.id, entries.parent FROM entries JOIN ancestors ON entries.id = ancestors.parent
    )
    SELECT count(*) FROM ancestors
) WHERE head IS NOT NULL;

CREATE INDEX threads_by_branch ON threads (git_branch) WHERE git_branch <> '';
CREATE INDEX threads_by_remote ON threads (git_remote) WHERE git_remote <> '';
CREATE INDEX threads_by_owner ON threads (owner, updated_at DESC, key DESC) WHERE owner <> '' AND deleted_at IS NULL;
CREATE INDEX threads_by_org ON threads (org, updated_at DESC, key DESC) WHERE org <> '' AND deleted_at IS NULL;
CREATE UNIQUE INDEX threads_by_change ON threads (change) WHERE change IS NOT NULL;
CREATE INDEX threads_by_owner_change ON threads (owner, change) WHERE change IS NOT NULL;
CREATE INDEX threads_to_sync ON threads (key) WHERE owner = '' AND version <> synced_version;

-- Files that the thread's tool calls named, as they named them; `name` is the last part.
CREATE TABLE thread_files (
    thread INTEGER NOT NULL REFERENCES threads (key),
    path TEXT NOT NULL,
    name TEXT NOT NULL,
    PRIMARY KEY (thread, path)
) WITHOUT ROWID;
CREATE INDEX thread_files_by_name ON thread_files (name, thread);

INSERT OR IGNORE INTO thread_files (thread, path, name)
SELECT thread, path, replace(path, rtrim(path, replace(path, '/', '')), '') FROM (
    SELECT entries.thread, json_extract(block.value, '$.input.path') AS path
    FROM entries, json_each(
        CASE WHEN json_valid(CAST(body AS TEXT)) THEN CAST(body AS TEXT) ELSE '{}' END,
        '$.message.content'
    ) AS block
    WHERE kind = 'message' AND instr(body, CAST('"tool_use"' AS BLOB)) AND block.type = 'object'
) WHERE typeof(path) = 'text' AND length(path) BETWEEN 1 AND 1024 AND trim(path, './') <> '';

-- On the server: every write with its random mark (the ETag's second half), how long the thread was
-- then, and how many leading entries were kept of what it was before.
CREATE TABLE revisions (
    thread INTEGER NOT NULL REFERENCES threads (key),
    version INTEGER NOT NULL,
    mark TEXT NOT NULL,
    length INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    PRIMARY KEY (thread, version)
) WITHOUT ROWID;

-- On the server: who sent an image, and so may name it by its hash alone.
CREATE TABLE attachment_owners (
    hash TEXT NOT NULL REFERENCES attachments (hash),
    owner TEXT NOT NULL,
    PRIMARY KEY (hash, owner)
) WITHOUT ROWID;

-- On a machine: what the server had when both were last the same. `head` is the local entry that was
-- the last one, `fields` the head line's JSON; `account` names the server and the person.
CREATE TABLE synced (
    thread INTEGER PRIMARY KEY REFERENCES threads (key),
    account TEXT NOT NULL,
    etag TEXT NOT NULL,
    length INTEGER NOT NULL,
    head INTEGER,
    fields TEXT NOT NULL,
    is_deleted INTEGER NOT NULL DEFAULT 0
);

-- On a machine: how far the account's changes were read, and how the last attempt went.
CREATE TABLE sync_accounts (
    account TEXT PRIMARY KEY,
    cursor TEXT NOT NULL DEFAULT '',
    synced_at INTEGER NOT NULL DEFAULT 0,
    error TEXT NOT NULL DEFAULT '',
    hint TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;

-- On a machine: threads of which the server has more than this machine.
CREATE TABLE sync_behind (
    account TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (account, id)
) WITHOUT ROWID;

-- On a machine: what the server would not take; tried again when the thread has changed.
CREATE TABLE sync_refusals (
    thread INTEGER PRIMARY KEY REFERENCES threads (key),
    version INTEGER NOT NULL,
    message TEXT NOT NULL,
    hint TEXT NOT NULL DEFAULT ''
);

-- On a machine: images that the account's server has.
CREATE TABLE sent_attachments (
    hash TEXT NOT NULL,
    account TEXT NOT NULL,
    PRIMARY KEY (hash, account)
) WITHOUT ROWID;

-- On a machine: what the person has to know, until they have seen it. `fork` keeps what was here.
CREATE TABLE sync_notices (
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    thread TEXT NOT NULL,
    fork TEXT NOT NULL DEFAULT '',
    is_seen INTEGER NOT NULL DEFAULT 0
);
