"""What happens on each command, button and form, by what it is about."""
