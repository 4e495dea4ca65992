"""The conversation: an event comes in, one transaction runs, a reply goes out."""
