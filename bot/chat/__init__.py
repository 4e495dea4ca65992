"""What is said and heard, whatever the platform: messages, events, and the port of a platform."""
