"""Everything that is to be sent or edited: planned, due, claimed, paced, settled."""
