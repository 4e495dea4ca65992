"""Import and export: people, goals and answers from files, and all of a company back into them."""
