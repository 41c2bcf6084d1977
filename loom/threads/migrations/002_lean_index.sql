-- Why: three indexes of beginnings were larger than all the words, and nothing ranks by a row's length.
-- Search in head lines read every thread; an index of three letters each finds any part of a word.

DROP TRIGGER entries_text_insert;
DROP TRIGGER entries_text_delete;
DROP TRIGGER entries_text_update;
DROP TABLE entries_text;

CREATE VIRTUAL TABLE entries_text USING fts5 (
    text,
    content = 'entries',
    content_rowid = 'id',
    columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO entries_text (rowid, text) SELECT id, text FROM entries WHERE text <> '' ORDER BY id;

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

CREATE VIRTUAL TABLE threads_text USING fts5 (
    title,
    git_branch,
    git_remote,
    git_commit,
    tags,
    content = 'threads',
    content_rowid = 'key',
    columnsize = 0,
    detail = none,
    tokenize = 'trigram'
);

INSERT INTO threads_text (threads_text) VALUES ('rebuild');

CREATE TRIGGER threads_text_insert AFTER INSERT ON threads BEGIN
    INSERT INTO threads_text (rowid, title, git_branch, git_remote, git_commit, tags)
    VALUES (new.key, new.title, new.git_branch, new.git_remote, new.git_commit, new.tags);
END;

CREATE TRIGGER threads_text_delete AFTER DELETE ON threads BEGIN
    INSERT INTO threads_text (threads_text, rowid, title, git_branch, git_remote, git_commit, tags)
    VALUES ('delete', old.key, old.title, old.git_branch, old.git_remote, old.git_commit, old.tags);
END;

CREATE TRIGGER threads_text_update
AFTER UPDATE OF title, git_branch, git_remote, git_commit, tags ON threads
WHEN (old.title, old.git_branch, old.git_remote, old.git_commit, old.tags)
    IS NOT (new.title, new.git_branch, new.git_remote, new.git_commit, new.tags)
BEGIN
    INSERT INTO threads_text (threads_text, rowid, title, git_branch, git_remote, git_commit, tags)
    VALUES ('delete', old.key, old.title, old.git_branch, old.git_remote, old.git_commit, old.tags);
    INSERT INTO threads_text (rowid, title, git_branch, git_remote, git_commit, tags)
    VALUES (new.key, new.title, new.git_branch, new.git_remote, new.git_commit, new.tags);
END;
