"""Days, weeks and zones: when somebody is asked, and what people type for it."""
