"""Life events: what happens to somebody, each proved by a document; where money moves, signed by two people."""
