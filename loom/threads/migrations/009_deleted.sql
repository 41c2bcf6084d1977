-- Why: search asks of every text that it looks at whether its thread is deleted, and threads lie far
-- apart: this index has the deleted ones side by side.

CREATE INDEX threads_deleted ON threads (key) WHERE deleted_at IS NOT NULL;
