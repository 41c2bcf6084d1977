-- Why: a person keeps so much on a team's server and no more. How much that is has to be known before
-- each write, so it is counted with every one.

-- On the server: bytes of the thread's entries, those that were taken back too, and of its images.
ALTER TABLE threads ADD COLUMN size INTEGER NOT NULL DEFAULT 0;

-- What it takes of its owner's room: that and its head line, with 512 bytes for what each one has.
ALTER TABLE threads ADD COLUMN weight INTEGER GENERATED ALWAYS AS (
    512 + size + length(CAST(title AS BLOB)) + length(CAST(workspace AS BLOB))
    + length(CAST(git_branch AS BLOB)) + length(CAST(git_remote AS BLOB))
    + length(CAST(tags AS BLOB))
) VIRTUAL;

UPDATE threads SET size = (
    SELECT coalesce(sum(length(CAST(body AS BLOB)) + length(CAST(text AS BLOB))), 0)
    FROM entries WHERE thread = threads.key
) + (
    SELECT coalesce(sum(length(data)), 0) FROM thread_images JOIN attachments USING (hash)
    WHERE thread = threads.key
) WHERE owner <> '';

-- The sum of a person's threads.
CREATE TABLE stored (
    owner TEXT PRIMARY KEY,
    size INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO stored (owner, size)
SELECT owner, sum(weight) FROM threads WHERE owner <> '' GROUP BY owner;

CREATE TRIGGER stored_after_insert AFTER INSERT ON threads WHEN new.owner <> '' BEGIN
    INSERT INTO stored (owner, size) VALUES (new.owner, new.weight)
    ON CONFLICT (owner) DO UPDATE SET size = size + excluded.size;
END;

CREATE TRIGGER stored_after_update
AFTER UPDATE OF owner, size, title, workspace, git_branch, git_remote, tags ON threads
WHEN new.owner <> '' AND (new.owner <> old.owner OR new.weight <> old.weight) BEGIN
    UPDATE stored SET size = size - old.weight WHERE owner = old.owner;
    INSERT INTO stored (owner, size) VALUES (new.owner, new.weight)
    ON CONFLICT (owner) DO UPDATE SET size = size + excluded.size;
END;

CREATE TRIGGER stored_after_delete AFTER DELETE ON threads WHEN old.owner <> '' BEGIN
    UPDATE stored SET size = size - old.weight WHERE owner = old.owner;
    DELETE FROM stored WHERE owner = old.owner AND size = 0;
END;

-- On a machine: when the server had no room for the thread; NULL where it refused for another reason.
ALTER TABLE sync_refusals ADD COLUMN full_at INTEGER;
