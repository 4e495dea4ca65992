"""Every sentence the bot says: values in, Message or Form out. Each module ends with an EXAMPLE of each view."""
