-- Why: a model is asked for a thread's title once, whichever process asks and however it ends.

ALTER TABLE threads ADD COLUMN is_title_asked INTEGER NOT NULL DEFAULT 0;
