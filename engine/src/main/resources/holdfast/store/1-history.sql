-- One line for each thing that happened, chained: digest covers all other columns, and previous is the digest before.
-- kind: run (with a report), operation (without one), approval, pruning. A pruning removes lines of runs.
CREATE TABLE entry (
    seq INTEGER NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    run TEXT NOT NULL,
    series TEXT NOT NULL,
    command TEXT NOT NULL,
    at BIGINT NOT NULL,
    body TEXT NOT NULL,
    roster TEXT NOT NULL,
    contents TEXT NOT NULL,
    findings INTEGER NOT NULL,
    journal TEXT NOT NULL,
    previous TEXT NOT NULL,
    digest TEXT NOT NULL
);
CREATE INDEX entry_run ON entry (run);
CREATE INDEX entry_series ON entry (series, seq);

-- The nodes and clusters of a series.
CREATE TABLE subject (
    id INTEGER NOT NULL PRIMARY KEY,
    series TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    identity TEXT NOT NULL,
    UNIQUE (series, kind, name, identity)
);

-- What is told of a subject: of each check, and with an empty check of the subject itself.
CREATE TABLE slot (
    id INTEGER NOT NULL PRIMARY KEY,
    subject INTEGER NOT NULL,
    item TEXT NOT NULL,
    UNIQUE (subject, item)
);

-- JSON texts, each once. likeness: what texts share that differ in measurements only.
CREATE TABLE content (
    id INTEGER NOT NULL PRIMARY KEY,
    digest BYTEA NOT NULL UNIQUE,
    likeness BYTEA NOT NULL,
    body BYTEA NOT NULL
);
CREATE INDEX content_likeness ON content (likeness);

-- What a slot holds from this run on: a content, or what patch makes from it.
CREATE TABLE change (
    run INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    content INTEGER NOT NULL,
    patch BYTEA,
    PRIMARY KEY (run, slot)
) /*sqlite WITHOUT ROWID */;
CREATE INDEX change_slot ON change (slot, run);

-- What was sent last, so that nothing is sent twice. No part of the chain.
CREATE TABLE remembered (
    series TEXT NOT NULL,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (series, channel, name)
);
