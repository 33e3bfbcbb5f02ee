-- What became of one wish.
CREATE INDEX journal_request ON journal (request) WHERE request != '';
