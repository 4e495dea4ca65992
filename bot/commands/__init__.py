"""The commands people type: what there is, and how words become one."""
