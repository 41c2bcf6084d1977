-- Search engines charge by the query and the same question is asked again within the day.
CREATE TABLE search_cache (
    engine TEXT NOT NULL,
    query TEXT NOT NULL,
    max_results INTEGER NOT NULL,
    response BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    PRIMARY KEY (engine, query, max_results)
) WITHOUT ROWID;

CREATE INDEX search_cache_created_at ON search_cache (created_at);
