-- Why: what was deleted or taken back on a team's server is erased after a while. Of a deleted thread
-- only its row stays, so that a machine that was away learns of it.

ALTER TABLE threads ADD COLUMN erased_at INTEGER;
CREATE INDEX threads_to_erase ON threads (deleted_at)
    WHERE owner <> '' AND deleted_at IS NOT NULL AND erased_at IS NULL;
CREATE INDEX threads_erased ON threads (erased_at) WHERE erased_at IS NOT NULL;

-- Entries of no conversation any more, from first_seq to last_seq, since `at`.
CREATE TABLE taken_back (
    thread INTEGER NOT NULL REFERENCES threads (key),
    first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL,
    at INTEGER NOT NULL
);
CREATE INDEX taken_back_by_time ON taken_back (at);
CREATE INDEX taken_back_by_thread ON taken_back (thread);

-- Images by the threads that were sent them. Those that came before this was written down are shown
-- by nobody knows which (thread NULL), and stay.
CREATE TABLE thread_images (
    hash TEXT NOT NULL REFERENCES attachments (hash),
    thread INTEGER REFERENCES threads (key),
    UNIQUE (hash, thread)
);
CREATE INDEX thread_images_by_thread ON thread_images (thread);
INSERT INTO thread_images (hash) SELECT DISTINCT hash FROM attachment_owners;
