-- Why: a conversation is rows that are only ever added, so that saving costs what is new.
-- The visible conversation is the ancestors of threads.head; text is what search reads, never JSON.

CREATE TABLE threads (
    key INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    title TEXT NOT NULL DEFAULT '',
    workspace TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    message_count INTEGER NOT NULL DEFAULT 0,
    provider TEXT NOT NULL DEFAULT '',
    model TEXT NOT NULL DEFAULT '',
    git_branch TEXT NOT NULL DEFAULT '',
    git_remote TEXT NOT NULL DEFAULT '',
    git_commit TEXT NOT NULL DEFAULT '',
    tags TEXT NOT NULL DEFAULT '[]',
    is_private INTEGER NOT NULL DEFAULT 0,
    is_pinned INTEGER NOT NULL DEFAULT 0,
    parent TEXT NOT NULL DEFAULT '',
    head INTEGER REFERENCES entries (id),
    last_seq INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER
);

CREATE INDEX threads_by_time ON threads (updated_at DESC, key DESC) WHERE deleted_at IS NULL;
CREATE INDEX threads_by_workspace ON threads (workspace, updated_at DESC, key DESC) WHERE deleted_at IS NULL;
CREATE INDEX threads_by_commit ON threads (git_commit) WHERE git_commit <> '';

CREATE TABLE entries (
    id INTEGER PRIMARY KEY,
    thread INTEGER NOT NULL REFERENCES threads (key),
    seq INTEGER NOT NULL,
    parent INTEGER REFERENCES entries (id) CHECK (parent < id),
    kind TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    text TEXT NOT NULL DEFAULT '',
    body BLOB NOT NULL,
    UNIQUE (thread, seq)
);

CREATE TABLE attachments (
    hash TEXT PRIMARY KEY,
    media_type TEXT NOT NULL,
    data BLOB NOT NULL
);

CREATE VIRTUAL TABLE entries_text USING fts5 (
    text,
    content = 'entries',
    content_rowid = 'id',
    tokenize = 'unicode61 remove_diacritics 2',
    prefix = '2 3 4'
);

CREATE TRIGGER entries_text_insert AFTER INSERT ON entries WHEN new.text <> '' BEGIN
    INSERT INTO entries_text (rowid, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER entries_text_delete AFTER DELETE ON entries WHEN old.text <> '' BEGIN
    INSERT INTO entries_text (entries_text, rowid, text) VALUES ('delete', old.id, old.text);
END;

CREATE TRIGGER entries_text_update AFTER UPDATE OF text ON entries WHEN old.text <> new.text BEGIN
    INSERT INTO entries_text (entries_text, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO entries_text (rowid, text) VALUES (new.id, new.text);
END;
