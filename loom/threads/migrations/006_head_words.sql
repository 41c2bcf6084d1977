-- Why: a word of a head line is found at once, however many threads there are and however old it is.
-- The index of three letters finds any part of a word, but reads what many head lines have in common.

CREATE VIRTUAL TABLE threads_words USING fts5 (
    title,
    git_branch,
    git_remote,
    tags,
    content = 'threads',
    content_rowid = 'key',
    columnsize = 0,
    tokenize = 'unicode61 remove_diacritics 2'
);

INSERT INTO threads_words (threads_words) VALUES ('rebuild');

CREATE TRIGGER threads_words_insert AFTER INSERT ON threads BEGIN
    INSERT INTO threads_words (rowid, title, git_branch, git_remote, tags)
    VALUES (new.key, new.title, new.git_branch, new.git_remote, new.tags);
END;

CREATE TRIGGER threads_words_delete AFTER DELETE ON threads BEGIN
    INSERT INTO threads_words (threads_words, rowid, title, git_branch, git_remote, tags)
    VALUES ('delete', old.key, old.title, old.git_branch, old.git_remote, old.tags);
END;

CREATE TRIGGER threads_words_update
AFTER UPDATE OF title, git_branch, git_remote, tags ON threads
WHEN (old.title, old.git_branch, old.git_remote, old.tags)
    IS NOT (new.title, new.git_branch, new.git_remote, new.tags)
BEGIN
    INSERT INTO threads_words (threads_words, rowid, title, git_branch, git_remote, tags)
    VALUES ('delete', old.key, old.title, old.git_branch, old.git_remote, old.tags);
    INSERT INTO threads_words (rowid, title, git_branch, git_remote, tags)
    VALUES (new.key, new.title, new.git_branch, new.git_remote, new.tags);
END;
